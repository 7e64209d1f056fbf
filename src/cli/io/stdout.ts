import type { Writable } from 'node:stream';
import { Observable } from 'rxjs';
import type { Sink } from '../../disk/files/streamStorage.ts';
import type { DownloadEvent } from '../../contracts/events.ts';

/** Milliseconds for which a reader may hold us up before the user is told that the reader stalls the download. */
const SAID_AFTER = 2_000;

/** Writes all of `bytes` to stdout; resolves when the system has taken them. Errors are reported by `main.ts`. */
export const toStdout = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => void process.stdout.write(bytes, () => resolve()));

/** The writing end of a pipe, and the state of its reader. */
export interface Outlet {
  readonly sink: Sink;
  /** Has the reader left, or the pipe failed? */
  readonly broken: () => boolean;
  /**
   * Marks progress as held back while bytes wait for the reader: the peers are not at fault, and the command must not
   * give up.
   */
  readonly seen: (event: DownloadEvent) => DownloadEvent;
}

/**
 * Writes to `out`; each write completes when the system has taken its bytes. Never errors: the owner of `out` hears its
 * errors and stops the command.
 */
export const outletTo = (out: Writable, now: () => number = () => performance.now()): Outlet => {
  let since: number | undefined;
  let broken = false;
  return {
    broken: () => broken,
    sink: (bytes) =>
      new Observable((subscriber) => {
        since = now();
        out.write(bytes, (error) => {
          since = undefined;
          if (error) broken = true;
          else subscriber.complete();
        });
      }),
    seen: (event) => {
      if (event.type !== 'progress' || since === undefined) return event;
      const waits = now() - since >= SAID_AFTER;
      return {
        ...event,
        held: true,
        ...(waits && { reason: 'the program that reads stdout is not reading: waiting for it' }),
      };
    },
  };
};
