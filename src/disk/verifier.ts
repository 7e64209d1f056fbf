import { createHash } from 'node:crypto';
import os from 'node:os';
import { Observable } from 'rxjs';
import type { Verify } from '../env.ts';
import type { Torrent } from '../torrent/metainfo.ts';
import type { Hasher } from '../torrent/pieceDrafts.ts';
import { busyLoop } from './busyLoop.ts';
import { holds, isPromised, type Question } from './pieceHash.ts';
import { Threads, workerFile } from './threads.ts';

/** More workers than these wait for memory, not for each other. */
const MAX_WORKERS = 4;

export interface VerifierOptions {
  /** Threads that hash; 0 to hash on the calling one. Default: one fewer than there are processors, at most 4. */
  readonly workers?: number;
}

/**
 * Compares pieces with the hashes of `torrent`. Bytes in shared memory go to worker threads when there are processors
 * for them; others are hashed at once, during subscription. Workers start with the first piece, end when idle, and
 * keep the process alive only while they hash. Unsubscribing forgets the answer; the bytes are only ever read.
 */
export const verifier = (torrent: Pick<Torrent, 'pieceHashes'>, { workers = defaultWorkers() }: VerifierOptions = {}): Verify => {
  const inline = (question: Question): boolean => holds(torrent.pieceHashes, question);
  const file = workers > 0 ? workerFile('verifyWorker') : undefined;
  const pool = file && new Threads<Question, boolean>({ size: workers, file, data: torrent.pieceHashes, inline });
  return ({ index, bytes, digest }) =>
    new Observable<boolean>((subscriber) => {
      const answer = (valid: boolean): void => {
        subscriber.next(valid);
        subscriber.complete();
      };
      if (digest) answer(isPromised(torrent.pieceHashes, index, digest));
      else if (pool && bytes.buffer instanceof SharedArrayBuffer) pool.ask([index, bytes], answer);
      else answer(inline([index, bytes]));
    });
};

/**
 * What digests a piece while it comes, so that there is nothing to hash when it is whole: as long as the calling thread has time for
 * that, it costs the least. `undefined` when it has none, and others can do it.
 */
export const pieceHasher = (busy: () => boolean = busyLoop()): (() => Hasher | undefined) =>
  verifiesInThreads() ? () => (busy() ? undefined : createHash('sha1')) : () => createHash('sha1');

/** Does the verifier use other threads, unless told otherwise? */
export const verifiesInThreads = (): boolean => defaultWorkers() > 0;

const defaultWorkers = (): number => Math.min(MAX_WORKERS, os.availableParallelism() - 1);
