import {
  concat,
  filter,
  finalize,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  Subject,
  switchMap,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import { InputError } from '../../src/contracts/errors.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { defaultPace } from '../../src/discovery/pace.ts';
import type { Strategy } from '../../src/download/strategy.ts';
import type { SourceChoices } from '../../src/download/swarm/ownSources.ts';
import { inOrder, type PieceOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { drawn, honest, overheard, type Stage } from '../index.ts';
import { downloaded } from './scene.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'];
const nine = { torrent: { pieces: 9, blocksPerPiece: 1 } };
const backwards: PieceOrder = (one, other) => other.index - one.index;

const stored = (events$: Observable<DownloadEvent>): Observable<string> =>
  events$.pipe(
    filter((event) => event.type === 'stored'),
    map(({ index }) => String(index)),
  );
const later = <T>(first: T, ms: number, then: T): Observable<T> =>
  concat(of(first), timer(ms).pipe(map(() => then)), NEVER);
const addressOf = (address: string): PeerAddress => {
  const [host = '', port] = address.split(':');
  return { host, port: Number(port), source: 'manual' };
};
const slow = (stage: Stage) => stage.world({ peers: { [a]: honest({ pace: 10 }) } });

describe('a strategy', () => {
  it(
    'says all that options of the same names would say',
    drawn((stage) => {
      const strategy: Strategy = { order: backwards, window: 1 };
      const options = { order: inOrder, strategy };
      stage
        .gives(stored(downloaded(stage, slow(stage), options)))
        .toBe(
          '- 35ms 8--------------7--------------6--------------5--------------4--------------3--------------2--------------1--------------0---|',
        );
    }, nine),
  );

  it(
    'is replaced while it runs: the next choice is the first that is another, and each block is asked for once',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 10 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      const strategy = later<Strategy>({ order: inOrder, window: 1 }, 55, { order: backwards, window: 4 });
      stage
        .gives(stored(downloaded(stage, there, { strategy })))
        .toBe('- 35ms 0--------------1--------------2---------8---------7---------6---------5---------4---------3---|');
      stage
        .asks(seed)
        .toBe('-------------------1--------------2--------------3------(987)-------------(65)----------------4');
    }, nine),
  );

  it(
    'is as usual in what it leaves out, or as the other options say',
    drawn((stage) => {
      const strategy = later<Strategy>({ order: backwards }, 55, {});
      stage
        .gives(stored(downloaded(stage, slow(stage), { strategy, order: inOrder, window: 1 })))
        .toBe(
          '- 35ms 8--------------7--------------6--------------0--------------1--------------2--------------3--------------4--------------5---|',
        );
    }, nine),
  );

  it(
    'may have parts that change by themselves',
    drawn((stage) => {
      const order = later(inOrder, 55, backwards);
      stage
        .gives(
          stored(
            downloaded(stage, slow(stage), {
              strategy: later<Strategy>({ order, window: 1 }, 95, { order: inOrder, window: 1 }),
            }),
          ),
        )
        .toBe(
          '- 35ms 0--------------1--------------2--------------8--------------7--------------6--------------3--------------4--------------5---|',
        );
    }, nine),
  );

  it(
    'begins its conversations in the middle, and ends those of the one before it',
    drawn((stage) => {
      const told$ = new Subject<string>();
      const says =
        (begin: string, end: string): OperatorFunction<Peer, never> =>
        (peer$) =>
          peer$.pipe(
            tap(() => told$.next(begin)),
            switchMap(({ messages$ }) => messages$),
            ignoreElements(),
            finalize(() => told$.next(end)),
          );
      const strategy = later<Strategy>({ converse: [says('a', 'b')] }, 55, {
        converse: [says('c', 'd'), says('e', 'f')],
      });
      stage.gives(told$, '^ 300ms !').toBe('--------------a 41ms (bce) 95ms (df)');
      stage
        .gives(stored(downloaded(stage, slow(stage), { strategy, order: inOrder, window: 1 })))
        .toBe(
          '- 35ms 0--------------1--------------2--------------3--------------4--------------5--------------6--------------7--------------8---|',
        );
    }, nine),
  );

  it(
    'changes how many peers there are, whom we serve, and how often sources are asked',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ has: [0] }), [b]: honest({ has: [0] }) } });
      const atLeast = (ms: number): Strategy['pace'] => ({
        ...defaultPace,
        trackers: { ...defaultPace.trackers, atLeast: ms },
      });
      const strategy = later<Strategy>({ maxPeers: 1, pace: atLeast(10_000) }, 1000, {
        pace: () => ({ ...defaultPace, trackers: { ...defaultPace.trackers, atLeast: 40_000 } }),
      });
      stage.happens(there.dials).toBe('--------a 992ms b');
      stage.happens(there.announces).toBe('---s 10803ms u 82363ms u 6828ms x');
      stage.gives(stored(downloaded(stage, there, { strategy, stop$: timer(100_000) }))).toBe('- 25ms 0 99975ms |');
    }, nine),
  );

  it(
    'takes its peers from elsewhere: a source that is left out is asked no more, one that comes back begins anew',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ has: [0] }), [b]: honest({ has: [1] }) } });
      const mine = (address: string): Strategy['peers$'] => of(addressOf(address));
      const strategies = concat(
        of<Strategy>({ peers$: mine(a), sources: { trackers: false } }),
        timer(100).pipe(map((): Strategy => ({ sources: { trackers: mine(b) as Observable<PeerAddress> } }))),
        timer(100).pipe(map((): Strategy => ({}))),
        timer(100).pipe(map((): Strategy => ({ sources: { trackers: false } }))),
        NEVER,
      );
      stage.happens(there.dials).toBe('---a 97ms b');
      // The tracker is told when it is used, and when it is not any more.
      stage.happens(there.announces).toBe('201ms s 99ms x');
      stage
        .gives(stored(downloaded(stage, there, { strategy: strategies, stop$: timer(500) })))
        .toBe('21ms 0 97ms 1 382ms |');
    }, nine),
  );

  it(
    'does not wait for what a later one may name, when there are no peers and no sources',
    drawn((stage) => {
      const nobody = { strategy: later<Strategy>({ sources: { trackers: false } }, 1000, {}) };
      stage.gives(stored(downloaded(stage, stage.world(), nobody))).toBe('---|');
      const waiting = { strategy: later<Strategy>({ peers$: timer(50).pipe(ignoreElements()) }, 1000, {}) };
      stage.gives(stored(downloaded(stage, stage.world(), { ...waiting, trackers: [] }))).toBe('53ms |');
    }, nine),
  );

  it(
    'may be a stream of sources, as an option',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ has: [0] }), [b]: honest({ has: [1] }) } });
      const own = (address: string): SourceChoices => ({ own: of(addressOf(address)), trackers: false });
      const sources = later(own(a), 100, own(b));
      stage.happens(there.dials).toBe('---a 99ms b');
      stage.happens(there.announces).toBe('');
      stage.gives(stored(downloaded(stage, there, { sources, stop$: timer(300) }))).toBe('21ms 0 99ms 1 180ms |');
    }, nine),
  );

  it(
    'that is none, or a stream of them that fails, ends the download',
    drawn((stage) => {
      const bad = later<Strategy>({}, 30, { maxPeers: 0 });
      stage
        .gives(stored(downloaded(stage, slow(stage), { strategy: bad, order: inOrder, window: 1 })))
        .toBe('- 30ms #', {}, new InputError('bad-option', 'maxPeers 0: expected a whole number from 1'));
      const failing = concat(of<Strategy>({}), timer(30).pipe(switchMap(() => throwError(() => new Error('why')))));
      stage
        .gives(stored(downloaded(stage, slow(stage), { strategy: failing, order: inOrder, window: 1 })))
        .toBe('- 30ms #', {}, new Error('why'));
      const wrong = 'fast' as unknown as Strategy;
      stage
        .gives(downloaded(stage, slow(stage), { strategy: wrong }))
        .toBe('#', {}, new InputError('bad-option', 'strategy fast: expected a strategy'));
    }, nine),
  );
});
