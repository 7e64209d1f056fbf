import { createHash } from 'node:crypto';
import os from 'node:os';
import { Observable } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { Verify } from '../../contracts/storage.ts';
import { equalIds, ID_LENGTH, sha1 } from '../../protocol/encoding/id.ts';
import { blockHashes, HASH, hasRoot } from '../../torrent/metainfo/merkle.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { InputError } from '../../contracts/errors.ts';
import { rootedSizes } from '../../torrent/merkle/pieceRoots.ts';
import { BlockHasher } from './blockHasher.ts';
import { blocksIn, bothDigests, BothHasher } from './bothDigests.ts';
import { busyLoop } from './busyLoop.ts';
import { sharedThreads } from './threads.ts';

/** Maximum number of workers: more of them would only wait for memory. */
const MAX_WORKERS = 4;

export interface VerifierOptions {
  /**
   * Number of hashing threads for all torrents of the process; 0 to hash on the calling thread. Default: one fewer than
   * there are processors, at most 4; none with two processors.
   */
  readonly workers?: number;
}

/**
 * Compares pieces with the hashes of `torrent`. Bytes in shared memory go to worker threads if there are processors for
 * them; other bytes are hashed synchronously. Workers start with the first piece, end when they are idle, and keep the
 * process alive only while they hash. Unsubscribing ignores the answer; the bytes are only read.
 */
export const verifier = (
  torrent: Pick<Torrent, 'pieceHashes' | 'pieceSizes' | 'pieceLength' | 'pieceRoots' | 'files'>,
  { workers = defaultWorkers() }: VerifierOptions = {},
): Verify => {
  const { worker, digestOf, promised } = digestsOf(torrent);
  const pool =
    workers > 0 ? sharedThreads<Uint8Array, Uint8Array>(worker, { size: workers, inline: digestOf }) : undefined;
  return ({ index, bytes, digest }) => {
    if (digest) return promised(index, digest, bytes);
    if (!pool || !(bytes.buffer instanceof SharedArrayBuffer)) return promised(index, digestOf(bytes), bytes);
    return new Observable<boolean>((subscriber) =>
      pool.ask(bytes, (found) => {
        try {
          subscriber.next(promised(index, found, bytes));
          subscriber.complete();
        } catch (error) {
          subscriber.error(error);
        }
      }),
    );
  };
};

/** How the pieces of one version are digested, here and by a worker, and what is promised of them. */
interface Digests {
  readonly worker: string;
  readonly digestOf: (bytes: Uint8Array) => Uint8Array;
  readonly promised: (index: number, found: Uint8Array, bytes: Uint8Array) => boolean;
}

const digestsOf = (torrent: Parameters<typeof verifier>[0]): Digests => {
  if (torrent.pieceSizes) return treesOf(torrent);
  const { pieceHashes, pieceRoots } = torrent;
  const digests: Digests = {
    worker: 'verifyWorker',
    digestOf: sha1,
    promised: (index, found) =>
      equalIds(pieceHashes.subarray(index * ID_LENGTH, (index + 1) * ID_LENGTH), found.subarray(0, ID_LENGTH)),
  };
  return pieceRoots ? bothOf(torrent, pieceRoots, digests.promised) : digests;
};

/**
 * A hybrid promises both. What only one version promises can't be right: that is a fault of the torrent, and no peer's.
 */
const bothOf = (
  torrent: Pick<Torrent, 'pieceLength' | 'files'>,
  roots: Uint8Array,
  isRight: Digests['promised'],
): Digests => {
  const sizes = rootedSizes(torrent);
  return {
    worker: 'bothWorker',
    digestOf: bothDigests,
    promised: (index, found, bytes) => {
      if (!isRight(index, found, bytes)) return false;
      const hashes = blocksIn(found, bytes, sizes[index] as number);
      if (hasRoot(roots.subarray(index * HASH, (index + 1) * HASH), hashes, torrent.pieceLength)) return true;
      throw new InputError(
        'bad-metainfo',
        `piece ${index} is right by its SHA-1, and wrong by its SHA-256: the versions of this torrent do not agree`,
      );
    },
  };
};

/** In version 2 blocks are hashed, and the rest of the tree, which is small, is made of their hashes. */
const treesOf = ({ pieceHashes, pieceLength }: Pick<Torrent, 'pieceHashes' | 'pieceLength'>): Digests => ({
  worker: 'blocksWorker',
  digestOf: blockHashes,
  promised: (index, found) => hasRoot(pieceHashes.subarray(index * HASH, (index + 1) * HASH), found, pieceLength),
});

/**
 * Makes a hasher that digests a piece while its blocks arrive, so that nothing is left to hash when it is complete.
 * This is cheapest as long as the calling thread has time. `undefined` if it has none, and other threads can do it.
 */
export const pieceHasher = (busy: () => boolean = busyLoop()): NonNullable<Env['hasher']> => {
  const threaded = verifiesInThreads();
  return ({ pieceSizes, pieceRoots }) => {
    if (threaded && busy()) return undefined;
    if (pieceSizes) return new BlockHasher();
    return pieceRoots ? new BothHasher() : createHash('sha1');
  };
};

/** Does the verifier use other threads by default? */
export const verifiesInThreads = (): boolean => defaultWorkers() > 0;

/** With two processors the second one is needed by the system, for writing, and by local peers. */
const FEW_PROCESSORS = 2;

/** Queried once: there may be thousands of torrents. */
const PROCESSORS = os.availableParallelism();

const defaultWorkers = (): number => (PROCESSORS <= FEW_PROCESSORS ? 0 : Math.min(MAX_WORKERS, PROCESSORS - 1));
