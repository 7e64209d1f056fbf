/**
 * The child process with the demo's tracker and seeds. The demo starts it, receives `ready` from it, and releases it at
 * the end. The child then removes the folder of the demo, unless it was told `keep`, so that nothing is left even of a
 * demo that was killed.
 */
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { concatMap, from, mergeMap, Observable, switchMap } from 'rxjs';
import { type AnnounceQuery, announceUrl } from '../../protocol/tracker/httpTrackerReply.ts';
import { encodeTorrent } from '../../torrent/metainfo/encodeTorrent.ts';
import { parseTorrent } from '../../torrent/metainfo/metainfo.ts';
import { demoContent, demoTorrent, TORRENT } from './content.ts';
import { seed } from './seed.ts';
import { localTracker } from './tracker.ts';

/** Shares of the total rate, one for each seed: the last seed is slow. */
const SHARES = [0.57, 0.35, 0.08];
/** Milliseconds that the tracker stays for a last `stopped`. */
const LINGER = 500;

/** Tells the tracker about a seed; emits once it has answered. */
const announce = (tracker: string, query: AnnounceQuery): Observable<void> =>
  new Observable((subscriber) => {
    const request = get(announceUrl(tracker, query), (response) => {
      response.resume().on('end', () => {
        subscriber.next();
        subscriber.complete();
      });
    });
    request.on('error', (error) => subscriber.error(error));
    return () => request.destroy();
  });

/** A tracker and its seeds; writes the .torrent to `file` and emits each time that a seed is ready. */
const swarm = (file: string, size: number, rate: number): Observable<void> => {
  const content = demoContent(size);
  return localTracker().pipe(
    switchMap(({ url }) => {
      const bytes = encodeTorrent(demoTorrent(content, url));
      const torrent = parseTorrent(bytes);
      writeFileSync(file, bytes);
      return from(SHARES).pipe(
        mergeMap((share) => {
          const peerId = Buffer.concat([Buffer.from('-RD0100-'), randomBytes(12)]);
          return seed({ torrent, bytes: content.bytes, peerId, rate: rate * share }).pipe(
            concatMap((port) =>
              announce(url, {
                infoHash: torrent.infoHash,
                peerId,
                port,
                uploaded: 0,
                downloaded: 0,
                left: 0,
                event: 'started',
              }),
            ),
          );
        }),
      );
    }),
  );
};

const [home = '', size, rate] = process.argv.slice(2);
let ready = 0;
let keep = false;
const running = swarm(join(home, TORRENT), Number(size), Number(rate)).subscribe({
  next: () => {
    // If the demo is gone by now, it needs no answer.
    if (++ready === SHARES.length) process.send?.('ready', () => undefined);
  },
  error: (error: unknown) => {
    process.exitCode = 1;
    process.stderr.write(`${String(error)}\n`);
    process.disconnect();
  },
});

// Ctrl-C reaches this process too, but the demo decides when it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('message', (message) => (keep ||= message === 'keep'));

const leave = (): void => {
  running.unsubscribe();
  if (!keep && home !== '') rmSync(home, { recursive: true, force: true, maxRetries: 3 });
};
process.on('disconnect', () => setTimeout(leave, LINGER));
// The demo may be gone before this listener was added.
if (!process.connected) leave();
