import { EMPTY, filter, ignoreElements, map, NEVER, type Observable, of, takeLast, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { defaultPace, type Pace } from '../../src/discovery/pace.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress, UdpEndpoint } from '../../src/contracts/network.ts';
import { encodeLsd, LSD_GROUPS, LSD_PORT } from '../../src/protocol/lan/lsd.ts';
import { decodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { drawn, honest, type Mark, overheard, type Player, type Stage, type Word, type World } from '../index.ts';
import { downloaded, present } from './scene.ts';
import { MINUTE, HOUR, a, b, router, answer, gone, type Scene, scene, frames } from './discoveryScene.ts';

const trackers = [['http://one.test/announce'], ['http://two.test/announce']];

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

/** A peer in the local network announces where it listens. */
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

/** The player says that it speaks the extension protocol (BEP 10). */
const extended =
  (player: Player): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(
      map((said) => (!(said instanceof Uint8Array) && said.type === 'handshake' ? { ...said, extended: true } : said)),
    );

const sourcesOf = (events$: Observable<DownloadEvent>): Observable<string> =>
  events$.pipe(
    filter((event) => event.type === 'peer-joined'),
    map(({ address }) => address.source.charAt(0)),
  );

describe('when the trackers fall over', () => {
  it('the DHT wakes: it is asked again every half minute, until it knows a peer', () => {
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
    // Peers can't connect to us, so no source is told of us.
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

describe('a peer in the local network', () => {
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

describe('sources that are replaced', () => {
  it(
    'are not asked: no datagram goes to the DHT or to the local network, and no peer is offered an exchange',
    drawn((stage) => {
      const seed = overheard(stage, extended(honest()));
      const { there, dht$, sent } = scene(stage, { peers: { [near]: seed.player }, tracker: () => NEVER });
      const ours = {
        trackers: false,
        dht: of<PeerAddress>({ host: '10.1.0.1', port: 7000, source: 'dht' }),
        lsd: EMPTY,
        pex: EMPTY,
      } as const;
      stage
        .gives(sourcesOf(downloaded(stage, there, { dht$, lsd: true, listens: true, sources: ours })))
        .toBe('---------d---------------|');
      stage.happens(sent).toBe('-');
      const names = ({ value }: Mark): readonly string[] => {
        const word = value as Word;
        return word.type === 'extended' ? [...decodeExtensionHandshake(word.payload).ids.keys()] : [];
      };
      const offered$ = timer(100).pipe(map(() => [...new Set(seed.sent.flatMap(names))]));
      stage.gives(offered$).toBe('100ms (o|)', { o: ['lt_donthave', 'ut_metadata'] });
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
