import { filter, ignoreElements, merge, mergeMap, type Observable, range, takeUntil, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { encodeMessages } from '../../src/protocol/peer/messages.ts';
import { drawn, type DrawnNetwork, type NetworkedHost, type Stage } from '../index.ts';

const SEED: PeerAddress = { host: '10.0.0.1', port: 6881, source: 'manual' };
const LEECHER = '10.255.0.1';

/** A seed of ours, for so long, and what it tells. */
const seeded = (stage: Stage, network: DrawnNetwork, lasts: string): readonly DownloadEvent[] => {
  const host = network.host(SEED.host);
  host.disk(stage.torrent, { has: Array.from({ length: stage.geometry.pieceCount }, (_, piece) => piece) });
  const events: DownloadEvent[] = [];
  const own = { target: { folder: '.' }, trackers: [], seed: {} };
  const seeding$ = client(host.env, { ports: [SEED.port] }).download(stage.torrent, own);
  stage.watch(seeding$.pipe(tap((event) => events.push(event))), lasts);
  return events;
};

/** What is so at a time, in milliseconds. */
const at = (stage: Stage, ms: number, act: () => void): void =>
  stage.gives(timer(ms).pipe(tap(act), ignoreElements())).toBe(`${ms}ms |`);

/** An honest leecher comes after so many milliseconds, and has all within a second. */
const servesOthers = (stage: Stage, network: DrawnNetwork, from: number): void => {
  const { env } = network.host(LEECHER);
  const own = { target: { folder: '.' }, trackers: [], peers: [SEED] };
  let doneAt = Infinity;
  const done$ = timer(from).pipe(
    mergeMap(() => client(env, { ports: [6881] }).download(stage.torrent, own)),
    filter(({ type }) => type === 'done'),
    tap(() => (doneAt = stage.now())),
  );
  stage.watch(done$, `^ ${from + 5000}ms !`);
  at(stage, from + 5000, () => expect(doneAt - from).toBeLessThan(1000));
};

/** Calls the seed, says this at once, and goes after so many milliseconds, if it is not hung up on before. */
const calls = (host: NetworkedHost, lasts: number, ...said: readonly Uint8Array[]): Observable<Wire> =>
  host.env.connect(SEED).pipe(
    tap((wire) => said.forEach((bytes) => wire.write(bytes.slice()))),
    takeUntil(timer(lasts)),
  );

const greeting = (infoHash: Uint8Array, id: number): Uint8Array =>
  encodeHandshake({ infoHash, peerId: new Uint8Array(20).fill(id), fast: true });

/**
 * What a quarter of the callers do each: send the handshake of another torrent, send garbage, hang up, send nothing.
 */
const manner = (host: NetworkedHost, n: number): Observable<Wire> => {
  if (n % 4 === 0) return calls(host, 700, greeting(new Uint8Array(20).fill(n), n));
  if (n % 4 === 1) return calls(host, 700, new Uint8Array(1000).fill(n));
  return calls(host, n % 4 === 2 ? 30 : 700);
};

describe('peers that call', () => {
  it(
    '10,000 times, from 800 places, leave nothing behind',
    drawn((stage) => {
      const network = stage.network();
      const events = seeded(stage, network, '^ 60s !');
      const hosts = Array.from({ length: 800 }, (_, n) => network.host(`10.1.${n >> 8}.${n & 255}`));
      let reached = 0;
      const calls$ = range(0, 10_000).pipe(
        mergeMap((n) => timer(1000 + 4 * n).pipe(mergeMap(() => manner(hosts[n % 800] as NetworkedHost, n)))),
        tap(() => reached++),
        ignoreElements(),
      );
      stage.watch(calls$.pipe(takeUntil(timer(60_000))));
      servesOthers(stage, network, 50_000);
      const joined = (): readonly string[] =>
        events.flatMap((event) => (event.type === 'peer-joined' ? [event.address.host] : []));
      at(stage, 49_000, () => {
        expect(reached).toBeGreaterThan(7_000);
        expect(network.tcp.connections).toBe(0);
        expect(joined()).toEqual([]);
      });
      at(stage, 60_000, () => expect(joined()).toEqual([LEECHER]));
    }),
  );

  it(
    'again under the same id while they are connected have one connection',
    drawn((stage) => {
      const network = stage.network();
      const events = seeded(stage, network, '^ 60s !');
      const stranger = network.host('10.1.0.1');
      const hello = greeting(stage.torrent.infoHash, 10);
      let open = 0;
      const counted = (call$: Observable<Wire>): Observable<unknown> =>
        call$.pipe(
          mergeMap((wire) => {
            open++;
            return wire.bytes$;
          }),
          tap({ finalize: () => open-- }),
        );
      const first$ = counted(calls(stranger, 50_000, hello, encodeMessages([{ type: 'interested' }])));
      const again$ = timer(500).pipe(
        mergeMap(() => merge(...Array.from({ length: 20 }, () => counted(calls(stranger, 49_000, hello))))),
      );
      stage.watch(merge(first$, again$));
      at(stage, 20_000, () => {
        expect(open).toBe(1);
        const left = events.flatMap((event) => (event.type === 'peer-left' ? [event.reason] : []));
        expect(left.length).toBeGreaterThan(0);
        expect(new Set(left)).toEqual(new Set(['duplicate']));
      });
      servesOthers(stage, network, 30_000);
    }),
  );
});
