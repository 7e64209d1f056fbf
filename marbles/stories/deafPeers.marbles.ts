import { interval, map, merge, type Observable, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { Listening, PeerAddress } from '../../src/contracts/network.ts';
import { encodeMessages } from '../../src/protocol/peer/messages.ts';
import { STRETCH } from '../../src/torrent/upload/readAhead.ts';
import { calling, drawn, type Mark, type Player, type Said } from '../index.ts';
import { wordsFor } from '../words.ts';
import { leecher } from './leecher.ts';

const KiB = 1024;
const DEAF = 40;
/** Bytes that the system keeps for one that does not read. */
const KERNEL = 2048 * KiB;
const size = { pieces: 64, blocksPerPiece: 4 };
const blocks = 256;

/** Asks for everything, again and again. */
const greedy: Player = calling((_, { geometry }) => {
  const words = wordsFor(geometry);
  const flood = (from: number): Uint8Array =>
    encodeMessages(Array.from({ length: 500 }, (_each, nth) => words.request(((from + nth) % blocks) + 1)));
  const interested$ = timer(1).pipe(map((): Said => ({ type: 'interested' })));
  return merge(interested$, interval(500).pipe(map((nth): Said => flood(500 * nth))));
});

/**
 * A world in which those for whom `deaf` says so read nothing that we write; `unread` hears how much that is now, in
 * bytes.
 */
const deafened = (env: Env, deaf: (host: string) => boolean, unread: (bytes: number) => void): Env => {
  const withoutEars = (call: PeerAddress): PeerAddress => {
    let written = 0;
    const wire$ = call.wire$?.pipe(
      map((wire) => ({
        ...wire,
        write: (bytes: Uint8Array): boolean => {
          unread((written += bytes.length));
          return wire.write(bytes) && written <= KERNEL;
        },
      })),
    );
    return { ...call, ...(wire$ !== undefined && { wire$ }) };
  };
  const listen = (options: Parameters<Env['listen']>[0]): Observable<Listening> =>
    env
      .listen(options)
      .pipe(
        map((it) => ({ ...it, calls$: it.calls$.pipe(map((call) => (deaf(call.host) ? withoutEars(call) : call))) })),
      );
  return { ...env, listen };
};

describe('R29: a seed of ours', () => {
  it('keeps little for 40 peers that ask and ask and never read, serves others in turn, hangs up on the 40', () => {
    let [most, given, served] = [0, 0, Infinity];
    let marks: readonly Mark[] = [];
    drawn(
      (stage) => {
        const deaf = Object.fromEntries(
          Array.from({ length: DEAF }, (_, nth) => [`10.2.0.${nth}:5000`, { at: 1000, player: greedy }]),
        );
        const got = (): void => void (++given === blocks && (served = stage.now()));
        const callers = { ...deaf, '10.3.0.1:5000': { at: 1100, player: leecher(got) } };
        const { env } = stage.world({
          callers,
          disk: { has: Array.from({ length: size.pieces }, (_, index) => index) },
        });
        const deafWorld = deafened(
          env,
          (host) => host.startsWith('10.2.'),
          (bytes) => (most = Math.max(most, bytes)),
        );
        const seeding$ = client(deafWorld, { ports: [6881] }).download(stage.torrent, {
          target: { folder: '.' },
          trackers: [],
          recheck: true,
          seed: {},
        });
        marks = stage.watch(seeding$, '^ 40s !');
      },
      { torrent: size },
    )();
    const events = marks.flatMap(({ kind, value }) => (kind === 'value' ? (value as DownloadEvent) : []));
    const left = events.flatMap((event) => (event.type === 'peer-left' ? [event.reason] : []));
    expect(given).toBe(blocks);
    // The deaf have all slots when it comes: there are rounds every ten seconds.
    expect(served).toBeLessThan(1000 + 10_000 + 500);
    expect(left.filter((reason) => reason === 'unexpected').length).toBeGreaterThan(30);
    expect(most).toBeGreaterThan(KERNEL);
    expect(most).toBeLessThan(KERNEL + STRETCH + 64 * KiB);
  });
});
