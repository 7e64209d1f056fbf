import { delay, filter, map, of, take, takeLast } from 'rxjs';
import { describe, it } from 'vitest';
import { defaultPace } from '../../src/discovery/pace.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadEvent, FunnelSample, Progress } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { announced, drawn, honest, silent, type Stage, type World } from '../index.ts';
import { linkTo, tellsMetadata, torrentWithInfo } from './magnetScene.ts';

const [a, b, c] = ['10.1.0.1:7000', '10.1.0.2:7000', '10.1.0.3:7000'] as const;
const answer = (...peers: readonly string[]) => of(announced(peers)).pipe(delay(5));
const mine: PeerAddress = { host: '10.1.0.1', port: 7000, source: 'manual' };
const none = { dialled: 0, connected: 0, handshaken: 0, interested: 0, unchoked: 0, sending: 0 };
const all = { dialled: 1, connected: 1, handshaken: 1, interested: 1, unchoked: 1, sending: 1 };

const told = ({ torrent }: Stage, { env }: World, peers: readonly PeerAddress[] = []) =>
  download(torrent, env, { target: { folder: '.' }, peers });
const linked = torrentWithInfo();

const isFunnel = (event: DownloadEvent): event is FunnelSample => event.type === 'funnel';

describe('the funnel of a download', () => {
  it(
    'says at the end how far the peers of each source got, and why others failed',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest(), [b]: honest({ has: [] }) }, tracker: () => answer(a, b, c) });
      const last$ = told(stage, there, [mine]).pipe(filter(isFunnel), takeLast(1));
      stage.gives(last$.pipe(map(({ sources }) => sources))).toBe('25ms (f|)', {
        f: [
          { source: 'manual', discovered: 1, ...all, lost: {} },
          {
            source: 'tracker',
            discovered: 3,
            ...none,
            dialled: 2,
            connected: 1,
            handshaken: 1,
            lost: { known: 1, refused: 1 },
          },
        ],
      });
    }),
  );

  it.each([
    ['', {}],
    [', when a limit of its rate may change', { limits: { down: of(Infinity) } }],
  ])('is told at the end of the shortest download, too, when no tracker is to be told of its end%s', (_, limits) =>
    drawn((stage) => {
      const { env } = stage.world({ peers: { [a]: honest() } });
      const funnel$ = download(stage.torrent, env, {
        target: { folder: '.' },
        peers: [mine],
        trackers: [],
        ...limits,
      }).pipe(filter(isFunnel));
      stage.gives(funnel$.pipe(map(({ sources: [row] }) => row?.sending))).toBe('25ms (f|)', { f: 1 });
    })(),
  );

  it(
    'is told at the end of the shortest download from a magnet link, too',
    drawn(
      (stage) => {
        const { env } = stage.world({ peers: { [a]: tellsMetadata(honest()) } });
        const link = linkTo(linked, { announce: [] });
        const funnel$ = download(link, env, { target: { folder: '.' }, peers: [mine], trackers: [] }).pipe(
          filter(isFunnel),
        );
        stage.gives(funnel$.pipe(map(({ sources: [row] }) => row?.sending))).toBe('35ms (f|)', { f: 1 });
      },
      { torrent: linked },
    ),
  );

  it(
    'is told only when it has changed, every two seconds',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: silent() } });
      const funnel$ = told(stage, there, [mine]).pipe(filter(isFunnel));
      stage
        .gives(funnel$.pipe(map(({ sources: [row] }) => [row?.handshaken, row?.lost])), '^ 15s !')
        .toBe('2001ms s 9999ms t', { s: [0, {}], t: [0, { timeout: 1 }] });
    }),
  );

  it(
    'says why nothing moves',
    drawn((stage) => {
      const there = stage.world({ peers: {}, tracker: () => answer(b, c) });
      const reason$ = told(stage, there).pipe(
        filter((event): event is Progress => event.type === 'progress' && event.reason !== undefined),
        map(({ reason }) => reason),
        take(1),
      );
      const words = '2 peers known, 2 dialled (2 refused), none connected for 5 s';
      stage.gives(reason$).toBe('5001ms (w|)', { w: words });
    }),
  );
});

describe('another pace', () => {
  it(
    'asks the trackers later',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest() }, tracker: () => answer(a) });
      const pace = { ...defaultPace, trackers: { ...defaultPace.trackers, after: 1000 } };
      stage.watch(download(stage.torrent, there.env, { target: { folder: '.' }, pace }));
      stage.happens(there.announces).toBe('1003ms s 22ms c----x');
    }),
  );
});
