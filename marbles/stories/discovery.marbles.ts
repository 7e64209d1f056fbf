import {
  defer,
  delay,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  share,
  shareReplay,
  takeLast,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import { defaultPace, type Pace } from '../../src/discovery/pace.ts';
import { download, type DownloadOptions } from '../../src/download/download.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { UdpEndpoint } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { NodeEndpoint } from '../../src/protocol/encoding/compact.ts';
import { decodeKrpc, type Reply } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { encodeLsd, LSD_GROUPS, LSD_PORT } from '../../src/protocol/lan/lsd.ts';
import { announced, drawn, DrawnUdp, HOME, honest, type Mark, type Player, type Stage, type World } from '../index.ts';
import { downloaded, present } from './scene.ts';

const [MINUTE, HOUR] = [60_000, 3_600_000] as const;
/** Two of the public internet: nodes there tell of no others. */
const [a, b] = ['203.0.113.5:7000', '198.51.100.7:7000'] as const;
const router: NodeEndpoint = { id: new Uint8Array(20).fill(9), host: '192.0.2.99', port: 6881 };

const answer = (...peers: readonly string[]) => of(announced(peers)).pipe(delay(5));
const gone = timer(5).pipe(mergeMap(() => throwError(() => new NetworkError('refused', 'there', 'gone'))));
const endpoint = (address: string): UdpEndpoint => ({ host: address.split(':')[0] ?? '', port: 7000 });

interface Wire {
  readonly peers: Readonly<Record<string, Player>>;
  readonly tracker?: () => ReturnType<typeof answer> | Observable<never>;
  /** Whom the one other node of the DHT knows; undefined while it is silent. */
  readonly knows?: () => readonly string[] | undefined;
}

interface Scene {
  readonly there: World;
  /** Our node, shared. */
  readonly dht$: Observable<DhtNode>;
  /** When the other node was asked for peers: `g`; told of us: `a`; pinged: `p`. */
  readonly asked: readonly Mark[];
  /** When anything was sent by UDP, to whom. */
  readonly sent: readonly Mark[];
}

const LETTERS: Readonly<Record<string, string>> = { get_peers: 'g', announce_peer: 'a', ping: 'p' };

/** A world with a DHT of one node, at which ours begins. */
const scene = (stage: Stage, { peers, tracker = () => gone, knows = () => [] }: Wire): Scene => {
  const asked: Mark[] = [];
  const sent: Mark[] = [];
  const watch = ({ from }: { readonly from: UdpEndpoint }, to: UdpEndpoint): void => {
    if (from.host !== router.host && HOME.includes(from.host as (typeof HOME)[0]))
      sent.push({ frame: stage.now(), kind: 'value', value: to });
  };
  const udp = new DrawnUdp({ latency: 5, watch }, stage.ledger);
  udp.plays(router, ({ bytes }) => {
    const krpc = decodeKrpc(bytes);
    const known = knows();
    if (krpc.type !== 'query' || known === undefined) return undefined;
    const { method } = krpc.question;
    const letter = LETTERS[method];
    if (letter !== undefined) asked.push({ frame: stage.now(), kind: 'value', value: letter });
    const reply: Reply = { type: 'reply', transaction: krpc.transaction, id: router.id };
    return encodeKrpc(
      method === 'get_peers'
        ? { ...reply, token: Uint8Array.of(1), peers: known.map(endpoint) }
        : { ...reply, nodes: [] },
    );
  });
  const there = stage.world({ peers, tracker, udp });
  const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [router] }).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  return { there, dht$, asked, sent };
};

const trackers = [['http://one.test/announce'], ['http://two.test/announce']];
const frames = (marks: readonly Mark[], letter: unknown): readonly number[] =>
  marks.filter(({ value }) => value === letter).map(({ frame }) => frame);
const stored = (marks: readonly Mark[]): readonly number[] =>
  marks.filter(({ value }) => (value as DownloadEvent | undefined)?.type === 'stored').map(({ frame }) => frame);

/** Draws for hours, and gives what was seen of the download. */
const watched = (
  set: (stage: Stage) => Scene & { readonly events$: Observable<DownloadEvent> },
): Scene & { readonly events: readonly Mark[] } => {
  let seen: (Scene & { readonly events: readonly Mark[] }) | undefined;
  drawn((stage) => {
    const { events$, ...rest } = set(stage);
    seen = { ...rest, events: stage.watch(events$, '^ 180m !') };
  })();
  if (seen === undefined) throw new Error('nothing was drawn');
  return seen;
};

const near = '10.1.0.1:7000';

/** Somebody in the local network says where it listens. */
const says = ({ torrent }: Stage, { udp }: World): Observable<never> =>
  udp
    .at('10.1.0.1')
    .bindUdp({ family: 4, port: 999 })
    .pipe(
      tap(({ send }) =>
        send(encodeLsd({ port: 7000, infoHashes: [torrent.infoHash] }, 4), { host: LSD_GROUPS[4], port: LSD_PORT }),
      ),
      ignoreElements(),
    );

const sourcesOf = (events$: Observable<DownloadEvent>): Observable<string> =>
  events$.pipe(
    filter((event) => event.type === 'peer-joined'),
    map(({ address }) => address.source.charAt(0)),
  );

describe('when the trackers fall over', () => {
  it('the DHT wakes: it is asked again every half minute, until it knows somebody', () => {
    const { there, asked, events } = watched((stage) => {
      const set = scene(stage, {
        peers: { [a]: present(stage, 0, MINUTE, honest({ has: [0] })), [b]: present(stage, HOUR, 9 * HOUR, honest()) },
        // Both tiers are gone after the first answer.
        tracker: () => (stage.now() < MINUTE ? answer(a) : gone),
        knows: () => (stage.now() < HOUR ? [] : [b]),
      });
      return { ...set, events$: downloaded(stage, set.there, { dht$: set.dht$, trackers }) };
    });
    const times = stored(events);
    expect(times.map((at) => Math.floor(at / HOUR))).toEqual([0, 1]);
    expect((times[1] ?? 0) - HOUR).toBeLessThan(MINUTE);
    expect(frames(there.dials, 'b')).toHaveLength(1);
    expect(events.at(-1)?.kind).toBe('end');
    const gaps = frames(asked, 'g').map((at, n, all) => at - (all[n - 1] ?? 0));
    expect(gaps.length).toBeGreaterThan(100);
    expect(gaps.slice(1).every((gap) => gap >= 30_000 && gap < 60_000)).toBe(true);
    // Nobody can call us: nobody is told of us.
    expect(frames(asked, 'a')).toEqual([]);
  });
});

describe('when the DHT falls silent', () => {
  it('the trackers take over: they are asked early, and again', () => {
    const { there, asked, events } = watched((stage) => {
      const set = scene(stage, {
        peers: { [a]: present(stage, 0, MINUTE, honest({ has: [0] })), [b]: present(stage, HOUR, 9 * HOUR, honest()) },
        tracker: () => answer(...(stage.now() < HOUR ? [] : [b])),
        knows: () => (stage.now() < MINUTE ? [a] : undefined),
      });
      return { ...set, events$: downloaded(stage, set.there, { dht$: set.dht$, trackers }) };
    });
    expect(stored(events).map((at) => Math.floor(at / HOUR))).toEqual([0, 1]);
    expect((stored(events)[1] ?? 0) - HOUR).toBeLessThan(30 * MINUTE);
    expect(events.at(-1)?.kind).toBe('end');
    expect(frames(asked, 'g').every((at) => at < MINUTE)).toBe(true);
    // The interval is half an hour; while peers are wanted they are asked sooner.
    expect(there.announces.filter(({ frame, value }) => frame < 30 * MINUTE && value === 'u').length).toBeGreaterThan(
      2,
    );
  });
});

describe('somebody in the local network', () => {
  it(
    'is heard, dialled, and has all of it',
    drawn((stage) => {
      const { there } = scene(stage, { peers: { [near]: honest() }, tracker: () => NEVER });
      stage.gives(says(stage, there), '^-------!').toBe('-');
      stage.happens(there.dials).toBe('                               -----a');
      stage.gives(sourcesOf(downloaded(stage, there, { lsd: true })), '-^').toBe('-----------l---------------|');
    }),
  );
});

describe('the order in which sources are asked', () => {
  const slow: Pace = {
    ...defaultPace,
    trackers: { ...defaultPace.trackers, after: 30 },
    lsd: { ...defaultPace.lsd, after: 10 },
    dht: { ...defaultPace.dht, after: 20 },
  };

  it(
    'is a value: here the local network before the DHT, and that before the trackers',
    drawn((stage) => {
      const { there, dht$, sent } = scene(stage, { peers: {}, tracker: () => answer() });
      stage.gives(downloaded(stage, there, { dht$, lsd: true, listens: true, pace: slow }), '^ 45ms !').toBe('38ms a');
      const to = (host: string) =>
        sent.filter(({ value }) => (value as UdpEndpoint).host === host).map(({ frame }) => frame);
      stage
        .gives(
          stage
            .cold('44ms x')
            .pipe(map(() => [to(LSD_GROUPS[4]), to(LSD_GROUPS[6]), to(router.host)[0], there.announces[0]?.frame])),
        )
        .toBe('44ms t', {
          t: [[13], [13], 23, 33],
        });
    }),
  );
});

describe('who listens', () => {
  it(
    'announces itself in the DHT, every 13 minutes; the others never do',
    drawn((stage) => {
      const { there, dht$, asked } = scene(stage, { peers: {}, tracker: () => NEVER });
      stage.gives(downloaded(stage, there, { dht$, listens: true }), '^ 16m !').toBe('15003ms w');
      const told$ = stage.cold('16m x').pipe(map(() => frames(asked, 'a').map((at) => Math.floor(at / MINUTE))));
      stage.gives(told$).toBe('16m t', { t: [0, 13] });
    }),
  );
});

describe('PORT', () => {
  it(
    'is said by both: their node is asked, and ours named, which the handshake has promised',
    drawn((stage) => {
      const heard: unknown[] = [];
      // Theirs is where the router is, for there is no other.
      const host = `${router.host}:7000`;
      const player: Player = (heard$, cast) => {
        const words$ = heard$.pipe(
          tap(
            (word) =>
              (word.type === 'port' || word.type === 'handshake') &&
              heard.push(word.type === 'port' ? word.port : word.dht),
          ),
          share(),
        );
        const greets = map((said: unknown) =>
          said instanceof Uint8Array || (said as { type: string }).type !== 'handshake'
            ? said
            : { ...(said as object), dht: true },
        );
        const port$ = timer(20).pipe(map(() => ({ type: 'port' as const, port: router.port })));
        return merge(honest({ has: [] })(words$, cast).pipe(greets), port$) as ReturnType<Player>;
      };
      const { there, asked } = scene(stage, { peers: { [host]: player }, tracker: () => answer(host) });
      // Without anywhere to begin.
      const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [] });
      stage
        .gives(downloaded(stage, there, { dht$ }).pipe(filter(({ type }) => type === 'stored')), '^ 90ms !')
        .toBe('-');
      stage
        .gives(stage.cold('89ms x').pipe(map(() => [heard, frames(asked, 'p').length])))
        .toBe('89ms t', { t: [[true, 6881], 1] });
    }),
  );
});

describe('nodes that the torrent names', () => {
  it(
    'lead to the others, though there is nowhere else to begin',
    drawn((stage) => {
      const { there, asked } = scene(stage, { peers: { [b]: honest() }, tracker: () => NEVER, knows: () => [b] });
      const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [] });
      const events$ = download({ ...stage.torrent, nodes: [router] }, there.env, { target: { folder: '.' }, dht$ });
      stage.happens(asked).toBe('                --------p---------g');
      stage.gives(events$.pipe(filter(({ type }) => type === 'stored'))).toBe('41ms (ss)|');
    }),
  );
});

describe('a private torrent', () => {
  it(
    'stays silent on the DHT, with its peers and in the local network',
    drawn((stage) => {
      const heard: unknown[] = [];
      const player: Player = (heard$, cast) =>
        honest()(heard$.pipe(tap((word) => heard.push(word.type === 'handshake' ? word.dht : word.type))), cast);
      const { there, sent } = scene(stage, { peers: { [a]: player }, tracker: () => answer(a), knows: () => [b] });
      const dht$ = defer((): Observable<DhtNode> => throwError(() => new Error('the DHT was asked')));
      const options: DownloadOptions = { target: { folder: '.' }, dht$, lsd: true, listens: true };
      const torrent = { ...stage.torrent, private: true, nodes: [router] };
      stage
        .gives(
          download(torrent, there.env, options).pipe(filter(({ type }) => type === 'stored' || type === 'warning')),
        )
        .toBe('26ms (ss)|');
      stage
        .gives(
          stage
            .cold('1m x')
            .pipe(map(() => [sent.length, heard[0], heard.includes('port'), there.dials.map(({ value }) => value)])),
        )
        .toBe('1m t', {
          t: [0, false, false, ['a']],
        });
    }),
  );
});

describe('a node that can not be bound', () => {
  it(
    'is a warning, once, and the other sources go on',
    drawn((stage) => {
      const { there } = scene(stage, { peers: { [a]: honest() }, tracker: () => answer(a) });
      const dht$ = throwError(() => new NetworkError('port-taken', 'UDP', 'taken'));
      const events$ = downloaded(stage, there, { dht$ }).pipe(
        filter(({ type }) => type === 'warning' || type === 'done'),
      );
      stage.gives(events$).toBe('---w 23ms d--|');
    }),
  );
});

describe('the funnel', () => {
  it(
    'has a row for each source',
    drawn((stage) => {
      const slow = honest({ pace: 50 });
      const { there, dht$ } = scene(stage, {
        peers: { [a]: slow, [b]: slow },
        tracker: () => answer(a),
        knows: () => [a, b],
      });
      stage.gives(says(stage, there), '----^---!').toBe('-');
      const funnel$ = download(stage.torrent, there.env, { target: { folder: '.' }, dht$, lsd: true }).pipe(
        filter((event) => event.type === 'funnel'),
      );
      const rows$ = funnel$.pipe(
        takeLast(1),
        map(({ sources }) =>
          sources.map(({ source, discovered, sending, lost }) => ({ source, discovered, sending, lost })),
        ),
      );
      stage.gives(rows$).toBe('230ms (r|)', {
        r: [
          { source: 'tracker', discovered: 1, sending: 1, lost: {} },
          { source: 'lsd', discovered: 1, sending: 0, lost: { refused: 1 } },
          { source: 'dht', discovered: 2, sending: 1, lost: { known: 1 } },
        ],
      });
    }),
  );
});
