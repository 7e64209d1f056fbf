import {
  concat,
  distinctUntilChanged,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PieceOutcome } from '../../src/contracts/events.ts';
import { InputError } from '../../src/contracts/errors.ts';
import { openDownload } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { DownloadSnapshot } from '../../src/download/running/readModel.ts';
import type { Download } from '../../src/download/running/runningDownload.ts';
import { defaultPace } from '../../src/discovery/pace.ts';
import { byPriority } from '../../src/torrent/picker/pieceOrder.ts';
import { inboundPort } from '../../src/discovery/inbound/inboundPort.ts';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { leecher } from './leecher.ts';
import { calling, drawn, honest, type Player, type Said, type Stage, type World } from '../index.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'];
const eight = { torrent: { pieces: 8, blocksPerPiece: 1 } };
const nobody = { trackers: [] };

const opened = <T>(
  { torrent }: Stage,
  { env }: World,
  use: (download: Download) => Observable<T>,
  options: Partial<DownloadOptions> = {},
): Observable<T> => openDownload(torrent, env, { target: { folder: '.' }, ...options }).pipe(switchMap(use));

/** Does something at a time, and says nothing. */
const at = (ms: number, act: () => void): Observable<never> => timer(ms).pipe(tap(act), ignoreElements());
const pieces = ({ events$ }: Download): Observable<string> =>
  events$.pipe(
    filter((event): event is PieceOutcome => event.type === 'stored'),
    map(({ index }) => String(index)),
  );

/** Wants our pieces. */
const interested: Player = (heard$) =>
  heard$.pipe(
    filter(({ type }) => type === 'handshake'),
    map((): Said => ({ type: 'interested' })),
  );
/** Who is served, and who no longer, by the last digit of the address. */
const served = ({ events$ }: Download): Observable<string> =>
  events$.pipe(
    filter((event) => event.type === 'choke' || event.type === 'unchoke'),
    map(({ type, address }) => `${type} ${address.host.at(-1)}`),
  );

describe('a download that is opened', () => {
  it(
    'has a state: pieces, files, peers and why they are served, trackers and sources',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 100 }) } });
      const state = ({ progress, pieces: bits, files, peers, trackers, sources }: DownloadSnapshot) =>
        [
          progress.phase,
          [...bits].map((byte) => byte.toString(2).padStart(8, '0')).join(),
          files.map(({ stored, length }) => `${stored}/${length}`).join(),
          peers.map(
            (peer) => `${peer.host} ${peer.source} ${peer.client} ${peer.choked} ${peer.pieces} ${peer.requests}`,
          ),
          trackers.map((tracker) => tracker.state).join(),
          sources.map(({ source, sending }) => `${source} ${sending}`).join(),
        ].join('; ');
      stage
        .gives(
          opened(stage, there, (running) =>
            running.state$.pipe(
              tap(({ files }) => expect(running.files()).toEqual(files)),
              map(state),
            ),
          ),
        )
        .toBe('z 249ms y 249ms x 249ms w 79ms |', {
          z: 'checking; ; ; ; ; ',
          y: 'downloading; 10000100; 32768/131072; 10.1.0.1 tracker DR 0.0.0 false 8 6; working; tracker 1',
          x: 'downloading; 10110100; 65536/131072; 10.1.0.1 tracker DR 0.0.0 false 8 4; working; tracker 1',
          w: 'downloading; 11111110; 114688/131072; 10.1.0.1 tracker DR 0.0.0 false 8 1; working; tracker 1',
        });
    }, eight),
  );

  it(
    'shows its trackers, and why peers are served, whenever it is first subscribed to',
    drawn((stage) => {
      // A peer that wants our pieces from 50 ms on, and wants nothing any more after 20 seconds.
      const wants: Player = (heard$) =>
        heard$.pipe(
          filter(({ type }) => type === 'handshake'),
          switchMap(
            (): Observable<Said> =>
              concat(
                of<Said>({ type: 'interested' }),
                timer(20_000).pipe(map((): Said => ({ type: 'notInterested' }))),
              ),
          ),
        );
      const callers = { '10.3.0.1:5000': { at: 50, player: calling(wants) } };
      const there = stage.world({ callers, disk: { has: [0, 1, 2, 3, 4, 5, 6, 7] } });
      const late = ({ state$ }: Download) =>
        concat(
          ...[5_000, 25_000].map((ms) =>
            concat(
              at(ms, () => {}),
              state$.pipe(take(1)),
            ),
          ),
        );
      const reception$ = inboundPort(there.env, { ports: [6881] });
      stage
        .gives(
          opened(stage, there, late, { seed: {}, reception$ }).pipe(
            map(({ trackers, peers }) => [
              trackers.map(({ url, state }) => `${url} ${state}`),
              peers.map(({ reason }) => reason),
            ]),
            take(2),
          ),
        )
        .toBe('5s y 24999ms (z|)', {
          y: [['http://tracker.test/announce working'], ['free-slot']],
          z: [['http://tracker.test/announce working'], ['not-interested']],
        });
    }, eight),
  );

  it(
    'tells of each peer what it is, what it has got of us, and how fast',
    drawn((stage) => {
      const names: Said = {
        type: 'extended',
        id: 0,
        payload: encodeExtensionHandshake({ ids: new Map(), version: 'Leech 1.2' }),
      };
      const greets: Player = (heard$, cast) =>
        leecher(() => {})(heard$, cast).pipe(
          mergeMap((said) => {
            if (said instanceof Uint8Array) return [said];
            if (said.type === 'handshake') return [{ ...said, extended: true }, names];
            // Eight blocks one after the other, a second apart.
            return said.type === 'request' ? timer((said.piece + 1) * 1000).pipe(map(() => said)) : [said];
          }),
        );
      const callers = { '10.3.0.1:5000': { at: 50, player: greets } };
      const there = stage.world({ callers, disk: { has: [0, 1, 2, 3, 4, 5, 6, 7] } });
      const row = ({ state$ }: Download) =>
        state$.pipe(
          filter(({ peers }) => peers.length > 0),
          map(({ peers: [peer] }) => peer),
        );
      const reception$ = inboundPort(there.env, { ports: [6881] });
      const rows$ = opened(stage, there, row, { seed: {}, reception$, ...nobody });
      const at4s$ = rows$.pipe(filter((peer) => peer?.uploaded === 4 * 16_384));
      stage.gives(at4s$.pipe(take(1)), '^ 20s !').toBe('4250ms (r|)', {
        r: {
          ...{ host: '10.3.0.1', port: 5000, source: 'incoming', client: 'Leech 1.2', pieces: 0, requests: 0 },
          ...{ choked: true, choking: false, interested: true, interesting: false, reason: 'free-slot' },
          ...{ downloaded: 0, uploaded: 4 * 16_384, downRate: 0, upRate: 16_384 },
        },
      });
    }, eight),
  );

  it(
    'ends for all subscribers as it ends itself, whenever they subscribe',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 10 }) } });
      const late = ({ state$ }: Download) =>
        concat(
          at(50, () => {}),
          state$.pipe(map(({ progress }) => progress.pieces)),
        );
      stage.gives(opened(stage, there, late).pipe(map((count) => String(count)))).toBe('50ms 2 59ms |');
    }, eight),
  );

  it(
    'requests nothing while it is paused, hangs up on no peer, and goes on',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: honest({ pace: 300 }) } });
        const paused = (it: Download) =>
          merge(
            at(500, () => it.pause()),
            at(90_000, () => it.resume()),
            pieces(it).pipe(map(() => 's')),
            it.state$.pipe(
              map(({ progress }) => progress.phase.slice(0, 1)),
              distinctUntilChanged(),
            ),
          );
        stage.happens(there.hangups).toBe('92407ms a');
        stage
          .gives(opened(stage, there, paused))
          .toBe(
            'c 249ms d 75ms s 173ms p 125ms s 299ms s 299ms s 88773ms d 306ms s 299ms s 299ms s 299ms s 299ms s 299ms s 299ms s 299ms s---|',
          );
      },
      { torrent: { pieces: 12, blocksPerPiece: 1 } },
    ),
  );

  it(
    'serves nobody while it is paused, whether it was served before or has come since',
    drawn((stage) => {
      const callers = {
        '10.3.0.1:5000': { at: 50, player: calling(interested) },
        '10.3.0.2:5000': { at: 4_000, player: calling(interested) },
      };
      const there = stage.world({ callers, disk: { has: [0, 1, 2, 3, 4, 5, 6, 7] } });
      const reception$ = inboundPort(there.env, { ports: [6881] });
      const options = { seed: {}, reception$, ...nobody };
      const letters = { a: 'unchoke 1', b: 'choke 1', c: 'unchoke 2' };
      const pauses = (it: Download) =>
        merge(
          served(it),
          at(3_000, () => it.pause()),
          at(9_000, () => it.resume()),
        );
      stage.gives(opened(stage, there, pauses, options), '^ 10s !').toBe('50ms a 2949ms b 5999ms (ac)', letters);
    }, eight),
  );

  it(
    'serves nobody if it was paused at once, until it is resumed',
    drawn((stage) => {
      const callers = { '10.3.0.1:5000': { at: 50, player: calling(interested) } };
      const there = stage.world({ callers, disk: { has: [0, 1, 2, 3, 4, 5, 6, 7] } });
      const reception$ = inboundPort(there.env, { ports: [6881] });
      const pauses = (it: Download): Observable<string> => {
        it.pause();
        return merge(
          served(it),
          at(9_000, () => it.resume()),
        );
      };
      stage
        .gives(opened(stage, there, pauses, { seed: {}, reception$, ...nobody }), '^ 10s !')
        .toBe('9s u', { u: 'unchoke 1' });
    }, eight),
  );

  it(
    'asks first for what has a priority',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 5 }) } });
      const first = (it: Download): Observable<string> => {
        it.prioritise(0, 7, { start: 5 * 16_384, end: 7 * 16_384 });
        return pieces(it);
      };
      stage
        .gives(opened(stage, there, first, { order: byPriority }))
        .toBe('31ms 5----6----0----3----2----1----4----7---|');
    }, eight),
  );

  it(
    'dials peers that it is told of, and refuses what can not be dialled',
    drawn((stage) => {
      const there = stage.world({ peers: { [b]: honest({ pace: 5 }) } });
      const told = (it: Download) =>
        merge(
          pieces(it),
          at(30, () => it.connect({ host: '10.1.0.2', port: 7000 })),
          at(10, () => expect(() => it.connect({ host: 'x', port: 70_000 })).toThrow(InputError)),
        );
      stage.happens(there.dials).toBe('30ms a');
      stage
        .gives(opened(stage, there, told, { seed: {}, ...nobody }), '^ 100ms !')
        .toBe('53ms 5----0----3----2----6----1----4----7');
    }, eight),
  );

  it.each([
    ['when nobody asks for it', 1_000_000, '---s 180010ms u 185005ms u 375011ms u 489867ms u 170100ms x'],
    ['sooner when it is to', 200_000, '---s 180010ms u 129588ms u 247081ms u 623358ms u 219956ms x'],
  ])('asks its trackers again as soon as they allow it: %s', (_, time, announces) => {
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ has: [0] }) } });
      const again = (it: Download) => at(time, () => it.announce());
      stage.happens(there.announces).toBe(announces);
      const pace = { ...defaultPace, enough: 1 };
      stage.gives(opened(stage, there, again, { seed: {}, pace }), '^ 1400s !').toBe('-');
    }, eight)();
  });
});
