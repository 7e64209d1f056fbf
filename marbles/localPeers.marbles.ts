import {
  concat,
  ignoreElements,
  merge,
  NEVER,
  type Observable,
  of,
  share,
  Subject,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { describe, it } from 'vitest';
import { localPeers, type LocalPeersOptions } from '../src/discovery/lan/localPeers.ts';
import type { Datagram, PeerAddress, UdpEndpoint, UdpOptions, UdpSocket } from '../src/contracts/network.ts';
import { InvariantError, NetworkError } from '../src/contracts/errors.ts';
import { encodeLsd, LSD_GROUPS, LSD_PORT } from '../src/protocol/lan/lsd.ts';
import type { Mark } from './lane.ts';
import { drawn, type Stage } from './index.ts';

const infoHash = new Uint8Array(20).fill(7);
const other = new Uint8Array(20).fill(8);
const COOKIE = '01010101';
const heard = (
  host: string,
  port = 7000,
  infoHashes: readonly Uint8Array[] = [infoHash],
  cookie?: string,
): Datagram => ({
  bytes: encodeLsd({ port, infoHashes, ...(cookie !== undefined && { cookie }) }, 4),
  from: { host, port: 6771 },
});
const a = heard('10.0.0.1');
const b = heard('fe80::2%eth0', 7001, [other, infoHash], 'theirs');
const peers: Record<string, PeerAddress> = {
  a: { host: '10.0.0.1', port: 7000, source: 'lsd' },
  b: { host: 'fe80::2%eth0', port: 7001, source: 'lsd' },
};

interface Net {
  readonly four?: Observable<Datagram>;
  readonly six?: Observable<Datagram>;
  /** Families that can't be bound, and why. */
  readonly fails?: Readonly<Record<number, Error>>;
  readonly options?: Partial<LocalPeersOptions>;
  /** We listen for peers. */
  readonly listening?: boolean;
}

/** A network, and what was sent into it: `4` and `6` for an announce to the group of that family. */
const net = (stage: Stage, { four = NEVER, six = NEVER, fails = {}, options = {}, listening = true }: Net = {}) => {
  const sent: Mark[] = [];
  const datagrams: { readonly text: string; readonly to: UdpEndpoint }[] = [];
  const bound: UdpOptions[] = [];
  const bindUdp = (wanted: UdpOptions): Observable<UdpSocket> => {
    const { family } = wanted;
    const failure = fails[family];
    if (failure !== undefined) return throwError(() => failure);
    bound.push(wanted);
    const send = (bytes: Uint8Array, to: UdpEndpoint): void => {
      sent.push({ frame: stage.now(), kind: 'value', value: String(family) });
      datagrams.push({ text: new TextDecoder().decode(bytes), to });
      bytes.fill(0xdd);
    };
    const socket: UdpSocket = { port: LSD_PORT, datagrams$: family === 4 ? four : six, undelivered$: NEVER, send };
    const open$ = stage.cold(family === 4 ? 's' : '-s', { s: socket });
    return open$;
  };
  const peers$ = localPeers(
    { bindUdp, randomBytes: (length) => new Uint8Array(length).fill(1) },
    { infoHash, ...(listening && { port: 6881 }), ...options },
  );
  return { peers$, sent, datagrams, bound };
};

describe('localPeers', () => {
  it(
    'hears of those nearby in both families',
    drawn((stage) => {
      const { peers$ } = net(stage, { four: stage.hot('--a---a--', { a }), six: stage.hot('----b----', { b }) });
      stage.gives(peers$, '                            ^--------!').toBe('--a-b-a--', peers);
    }),
  );

  it(
    'announces us at once, and every five minutes',
    drawn((stage) => {
      const { peers$, sent } = net(stage);
      stage.gives(peers$, '^ 11m !').toBe('-');
      stage.happens(sent).toBe('46 299998ms (46) 299996ms (46)');
    }),
  );

  it(
    'does so once a minute while peers are wanted',
    drawn((stage) => {
      const wanted$ = stage.hot('1s w 150s n', { w: 3, n: 0 });
      const { peers$, sent } = net(stage, {
        options: { wanted$ },
        fails: { 6: new NetworkError('no-address', 'UDP', 'no IPv6') },
      });
      stage.gives(peers$, '^ 8m !').toBe('-');
      stage.happens(sent).toBe('4 59999ms 4 59999ms 4 299999ms 4');
    }),
  );

  it(
    'sends exactly the message of BEP 14, to its group and port',
    drawn((stage) => {
      const { peers$, datagrams, bound } = net(stage);
      const hash = '07'.repeat(20);
      const text = (host: string) =>
        `BT-SEARCH * HTTP/1.1\r\nHost: ${host}:6771\r\nPort: 6881\r\n` +
        `Infohash: ${hash}\r\ncookie: ${COOKIE}\r\n\r\n\r\n`;
      stage.gives(peers$, '^--!').toBe('-');
      const said$ = stage.cold('--x').pipe(
        tap(() => said.push(...datagrams, ...bound)),
        ignoreElements(),
      );
      const said: unknown[] = [];
      stage.gives(concat(said$.pipe(takeUntil(stage.cold('---x'))), of(said))).toBe('---(s|)', {
        s: [
          { text: text('239.192.152.143'), to: { host: LSD_GROUPS[4], port: LSD_PORT } },
          { text: text('[ff15::efc0:988f]'), to: { host: LSD_GROUPS[6], port: LSD_PORT } },
          { port: LSD_PORT, family: 4, multicast: LSD_GROUPS[4] },
          { port: LSD_PORT, family: 6, multicast: LSD_GROUPS[6] },
        ],
      });
    }),
  );

  it(
    'says nothing when we do not listen ourselves',
    drawn((stage) => {
      const { peers$, sent } = net(stage, { four: stage.hot('--a', { a }), listening: false });
      stage.gives(peers$, '                                ^ 6m !').toBe('--a', peers);
      stage.happens(sent).toBe('-');
    }),
  );

  it(
    'passes over what is ours, what is of other torrents, what comes from afar, and what means nothing',
    drawn((stage) => {
      const odd = {
        o: heard('10.0.0.1', 7000, [infoHash], COOKIE),
        t: heard('10.0.0.1', 7000, [other]),
        f: heard('198.51.100.1'),
        n: heard('no literal'),
        g: { bytes: new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'), from: a.from },
        p: {
          bytes: new TextEncoder().encode(`BT-SEARCH * HTTP/1.1\r\nPort: 0\r\nInfohash: ${'07'.repeat(20)}\r\n\r\n`),
          from: a.from,
        },
        a,
      };
      const { peers$ } = net(stage, { four: stage.hot('-otfngpa', odd) });
      stage.gives(peers$, '                           ^-------!').toBe('-------a', peers);
    }),
  );

  it(
    'does without a family that there is not, and ends when there is neither',
    drawn((stage) => {
      const no = new NetworkError('no-address', 'UDP', 'no such family');
      stage.gives(net(stage, { fails: { 6: no }, four: stage.hot('--a', { a }) }).peers$, '^---!').toBe('--a', peers);
      stage.gives(net(stage, { fails: { 4: no, 6: no } }).peers$).toBe('|');
      stage
        .gives(net(stage, { fails: { 4: new InvariantError('ours') } }).peers$)
        .toBe('#', undefined, new InvariantError('ours'));
    }),
  );

  it(
    'is silent again when unsubscribed, and may be begun anew',
    drawn((stage) => {
      const four = stage.hot('-a--a--a-', { a });
      const { peers$, sent } = net(stage, { four });
      stage.gives(peers$, '  ^-!------').toBe('-a', peers);
      stage.gives(peers$, '  ------^-!').toBe('-------a', peers);
      stage.expectSubscriptions(four.subscriptions).toBe(['^-!', '------^-!']);
      stage.happens(sent).toBe('46----46-');
    }),
  );

  it(
    'may be left from inside',
    drawn((stage) => {
      const four = stage.hot('--a-a', { a });
      const enough$ = new Subject<void>();
      const { peers$ } = net(stage, { four });
      const once$ = merge(peers$, NEVER).pipe(
        tap(() => enough$.next()),
        takeUntil(enough$),
        share(),
      );
      stage.gives(once$).toBe('--|');
      stage.expectSubscriptions(four.subscriptions).toBe('^-!');
    }),
  );
});
