import type { Writable } from 'node:stream';
import { Observable } from 'rxjs';
import type { Sink } from '../disk/streamStorage.ts';
import type { DownloadEvent } from '../env.ts';

/** Milliseconds for which a reader may keep us waiting before it is said why nothing comes. */
const SAID_AFTER = 2_000;

/** Writes all of `bytes` to stdout; resolves when the system has taken them. Of errors `main.ts` hears. */
export const toStdout = (bytes: Uint8Array): Promise<void> => new Promise((resolve) => void process.stdout.write(bytes, () => resolve()));

/** A pipe that bytes are handed on to, and what is known of who reads it. */
export interface Outlet {
  readonly sink: Sink;
  /** Has the reader left, or something else gone wrong? */
  readonly broken: () => boolean;
  /** While bytes wait for the reader nothing is asked for: that is nobody's fault, and no reason to give up. */
  readonly seen: (event: DownloadEvent) => DownloadEvent;
}

/**
 * Hands bytes on to `out`, one part at a time: each is over when the system has taken it. Never errors: whoever owns `out` hears of that, and
 * stops all.
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
      return { ...event, held: true, ...(waits && { reason: 'nobody reads what has come: waiting for that' }) };
    },
  };
};
