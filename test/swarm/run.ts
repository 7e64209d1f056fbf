import { lastValueFrom, timeout, throwError, toArray, tap } from 'rxjs';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { DownloadEvent, Progress } from '../../src/contracts/events.ts';
import { pieceHasher } from '../../src/disk/hashing/verifier.ts';
import { nodeEnv } from '../../src/node.ts';
import { within } from '../machine.ts';
import { type Content, newFolder, sha256OnDisk } from './content.ts';

/** Without threads that hash: they are of the process, and stay for some seconds after a download. */
export const threadless = (): ReturnType<typeof nodeEnv> => ({ ...nodeEnv(), hasher: pieceHasher(() => false) });

export interface Ran {
  readonly events: readonly DownloadEvent[];
  readonly folder: string;
  /** Hexadecimal, of the files. */
  readonly sha256: string;
  readonly done: boolean;
  readonly progress: Progress;
  /** Milliseconds. */
  readonly took: number;
}

/**
 * Downloads with Node's sockets and files until it ends; fails with its last words when it does not in so many
 * milliseconds of a quiet machine.
 */
export const run = async (content: Content, options: Partial<DownloadOptions>, most = 25_000): Promise<Ran> => {
  const folder = options.target?.folder ?? newFolder();
  const began = performance.now();
  let progress: Progress | undefined;
  const events = await lastValueFrom(
    download(content.torrent, nodeEnv(), { target: { folder }, trackers: [], ...options }).pipe(
      tap((event) => {
        if (event.type === 'progress') progress = event;
      }),
      toArray(),
      timeout({
        first: within(most),
        with: () => throwError(() => new Error(`not done within ${most} ms: ${JSON.stringify(progress)}`)),
      }),
    ),
  );
  const took = performance.now() - began;
  return {
    events,
    folder,
    sha256: sha256OnDisk(content, folder),
    done: events.some(({ type }) => type === 'done'),
    progress: progress as Progress,
    took,
  };
};

export const count = ({ events }: Ran, type: DownloadEvent['type']): number =>
  events.filter((event) => event.type === type).length;

/** Why the peer at `port` left, in order. */
export const leavings = ({ events }: Ran, port: number): readonly string[] =>
  events.flatMap((event) => (event.type === 'peer-left' && event.address.port === port ? [event.reason] : []));

/** Waits until `holds`, looking often; false if it did not within so many milliseconds of a quiet machine. */
export const eventually = async (holds: () => boolean, most = 5000): Promise<boolean> => {
  const end = performance.now() + within(most);
  while (!holds()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
};
