import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bufferCount, concat, defer, mergeMap, Observable, range } from 'rxjs';
import type { Content, ContentOptions, PieceDigest, TorrentVersion } from '../../contracts/storage.ts';
import { StorageError } from '../../contracts/errors.ts';
import { Geometry } from '../../torrent/geometry.ts';
import type { TorrentFile } from '../../torrent/metainfo/fileList.ts';
import type { FileEntry } from '../../torrent/metainfo/padding.ts';
import { type Digested, type Digestible, digester, isChanged, type KnownFile } from '../hashing/digest.ts';
import { diskError, printable } from '../errors/diskError.ts';
import { each } from '../files/each.ts';
import { findFiles, type FoundFile } from './findFiles.ts';
import { Spans } from '../files/spans.ts';
import { Threads, workerFile } from '../hashing/threads.ts';

/** Maximum number of threads that read and hash, with the calling one: one for each processor, up to this many. */
const MAX_THREADS = 32;
/** Content length in bytes below which threads would take longer to start than they save. */
const SMALL = 64 * 2 ** 20;
/**
 * Bytes that a thread hashes for one question, at least a piece. To ask and to answer costs as much as hashing 100 KB;
 * what is asked at once must not be so much that the last thread is at it alone for long, or the calling one hears
 * nothing else.
 */
const AT_A_TIME = 4 * 2 ** 20;
/** Number of files that are examined at the same time. */
const AT_ONCE = 8;

/**
 * Opens a file, or a folder with everything in it, to make a torrent of it. Reads no content yet. Content of up to
 * `small` bytes is hashed on the calling thread.
 */
export const openContent = (place: string, options: ContentOptions = {}, small: number = SMALL): Observable<Content> =>
  new Observable((subscriber) => {
    const root = path.resolve(place);
    findFiles(
      root,
      options,
      () => !subscriber.closed,
      (error, found) => {
        if (error || !found) return subscriber.error(error);
        const { layout, files, skipped } = found;
        const entries = files.map(({ names, known: { size } }) => ({ path: names, length: size }));
        subscriber.next({
          name: path.basename(root),
          layout,
          files: entries,
          skipped,
          digests: (all, pieceLength, version) => digests(files, all, pieceLength, version, small),
        });
        subscriber.complete();
      },
    );
  });

/** Files with their offsets in the torrent. */
const laid = (entries: readonly FileEntry[]): Pick<TorrentFile, 'length' | 'offset' | 'padding'>[] => {
  let offset = 0;
  return entries.map(({ length, attributes = '' }) => {
    offset += length;
    return { length, offset: offset - length, padding: attributes.includes('p') };
  });
};

const digests = (
  found: readonly FoundFile[],
  entries: readonly FileEntry[],
  pieceLength: number,
  version: TorrentVersion | undefined,
  small: number,
): Observable<PieceDigest> =>
  defer(() => {
    const files = laid(entries);
    const length = files.reduce((sum, file) => sum + file.length, 0);
    const geometry = new Geometry({ length, pieceLength });
    const spans = new Spans({ files: files as TorrentFile[], length });
    // The entries include padding files, which are not on disk.
    const onDisk = new Map(found.map(({ names, known }) => [names.join('/'), known]));
    const known = files.map(({ padding }, n) => (padding ? undefined : onDisk.get(entries[n]?.path.join('/') ?? '')));
    const reading = (index: number): Digestible => {
      const parts = spans
        .of(geometry.pieceOffset(index), geometry.pieceSize(index))
        .map(({ file, at, length: size }) => {
          const of = known[file];
          return { ...(of && { file: of }), at, length: size };
        });
      if (version !== 'v2' && version !== 'hybrid') return parts;
      const own = parts.filter(({ file }) => file !== undefined);
      const blocks = own.reduce((sum, part) => sum + part.length, 0);
      return version === 'v2' ? { parts: own, blocks, digests: false } : { parts, blocks, digests: true };
    };
    const ask = asker(length > small);
    const hashed$ = range(0, geometry.pieceCount).pipe(
      bufferCount(Math.max(1, Math.floor(Math.min(ask.atATime, length / ask.atOnce) / pieceLength))),
      mergeMap((indexes) => digestsOf(indexes, indexes.map(reading), ask.ask), ask.atOnce),
    );
    return concat(hashed$, unchanged(found));
  });

interface Asker {
  readonly ask: (digestibles: readonly Digestible[], answer: (digested: readonly Digested[]) => void) => () => void;
  /**
   * Number of questions asked at the same time: a thread that has answered must not have to wait for the next one.
   */
  readonly atOnce: number;
  /** Bytes in one question, at least a piece. */
  readonly atATime: number;
}

const asker = (threaded: boolean): Asker => {
  const digest = digester();
  const size = Math.min(MAX_THREADS, os.availableParallelism());
  const file = threaded ? workerFile('digestWorker') : undefined;
  if (file) {
    const threads = new Threads<readonly Digestible[], readonly Digested[]>({
      size,
      file,
      inline: digest,
      takesPart: true,
    });
    return {
      ask: (digestibles, answer) => {
        threads.ask(digestibles, answer);
        return () => undefined;
      },
      atOnce: 2 * size,
      atATime: AT_A_TIME,
    };
  }
  return {
    // A caller that wants to stop needs a turn of the event loop: one for each piece.
    ask: (digestibles, answer) => {
      const turn = setImmediate(() => answer(digest(digestibles)));
      return () => clearImmediate(turn);
    },
    atOnce: 1,
    atATime: 0,
  };
};

const digestsOf = (
  indexes: readonly number[],
  digestibles: readonly Digestible[],
  ask: Asker['ask'],
): Observable<PieceDigest> =>
  new Observable((subscriber) =>
    ask(digestibles, (answers) => {
      for (const [n, digested] of answers.entries()) {
        const index = indexes[n] as number;
        if (!('digest' in digested)) return subscriber.error(failure(digested.path, digested.errno));
        subscriber.next({ index, digest: digested.digest, blocks: digested.blocks });
      }
      subscriber.complete();
    }),
  );

const failure = (file: string, errno: string): StorageError => {
  if (errno === 'changed' || errno === 'short') return changed(file);
  return diskError('read', file, { code: errno });
};

const changed = (file: string): StorageError =>
  new StorageError(
    'io',
    `${printable(file)} has changed while it was read: wait until nothing writes to it, then try again`,
  );

/** Completes if all files are still as they were found. */
const unchanged = (found: readonly FoundFile[]): Observable<never> =>
  new Observable((subscriber) => {
    const look = ({ known }: { readonly known: KnownFile }, next: (error: Error | null) => void): void =>
      fs.stat(known.path, (error, stat) =>
        next(error ? diskError('read', known.path, error) : isChanged(stat, known) ? changed(known.path) : null),
      );
    each(
      found.length,
      AT_ONCE,
      (n, next) => (subscriber.closed ? next(null) : look(found[n] as FoundFile, next)),
      (error) => (error ? subscriber.error(error) : subscriber.complete()),
    );
  });
