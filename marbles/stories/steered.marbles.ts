import {
  concat,
  delay,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  share,
  switchMap,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import { InputError } from '../../src/contracts/errors.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { inOrder, type PieceOrder } from '../../src/torrent/picker/pieceOrder.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import type { OwnExtension } from '../../src/download/options.ts';
import { decodeExtensionHandshake, encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { defaultPace, type Pace } from '../../src/discovery/pace.ts';
import { drawn, honest, type Mark, overheard, type Player, type Said, type Stage } from '../index.ts';
import { downloaded } from './scene.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'];
const ten = { torrent: { pieces: 10, blocksPerPiece: 1 } };
const backwards: PieceOrder = (one, other) => other.index - one.index;
const at = (host: string, port = 7000): PeerAddress => ({ host, port, source: 'manual' });

/** Pieces by their numbers, and letters for what else is to be seen. */
const told = (events$: Observable<DownloadEvent>): Observable<string> =>
  events$.pipe(
    map((event) => {
      if (event.type === 'stored') return String(event.index);
      return event.type === 'warning' ? 'w' : event.type === 'peer-joined' ? 'j' : '';
    }),
    filter((letter) => letter !== ''),
  );
const later = <T>(first: T, ms: number, then: T): Observable<T> =>
  concat(of(first), timer(ms).pipe(map(() => then)), NEVER);

describe('while it downloads', () => {
  it(
    'another order is obeyed from the next choice on',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 10 }) } });
      const order = later<PieceOrder>(inOrder, 50, backwards);
      stage
        .gives(told(downloaded(stage, there, { order, window: 1 })))
        .toBe(
          '--------------j 21ms 0--------------1--------------2--------------9--------------8--------------7--------------6--------------5--------------4--------------3---|',
        );
    }, ten),
  );

  it(
    'more or fewer requests are in flight',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ latency: 20 }) } });
      stage
        .gives(told(downloaded(stage, there, { order: inOrder, window: later(1, 50, 4) })))
        .toBe('29ms j 41ms 0-(123)---------------(4567)--------------(89)|');
    }, ten),
  );

  it(
    'it rests as long as a stream says so',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 10 }) } });
      const pause$ = concat(of(true), timer(10_000).pipe(map(() => false)), NEVER);
      stage
        .gives(told(downloaded(stage, there, { order: inOrder, pause$ })))
        .toBe(
          '--------------j 10003ms 0--------------1---------2---------3---------4---------5---------6---------7---------8---------9---|',
        );
    }, ten),
  );

  it(
    'a limit may be a number',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: honest() } });
        stage
          .gives(told(downloaded(stage, there, { order: inOrder, limits: { down: 16_384 } })))
          .toBe('--------------j 293ms 0 999ms 1 999ms 2 999ms 3---|');
      },
      { torrent: { pieces: 4, blocksPerPiece: 1 } },
    ),
  );

  it(
    'fewer peers are talked with, and then more',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 10 }), [b]: honest({ pace: 10 }) } });
      const maxPeers = concat(of(1), timer(40).pipe(map(() => 2)), NEVER);
      stage.happens(there.dials).toBe('--------a 31ms ---b');
      stage
        .gives(told(downloaded(stage, there, { order: inOrder, maxPeers })))
        .toBe('--------------j 21ms 0---------1--j------2---------3----8----4----9----5---------6---------7---|');
    }, ten),
  );

  it(
    'sources are asked as often as a function says then',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ has: [0] }) } });
      const pace = (): Pace => ({
        ...defaultPace,
        trackers: { ...defaultPace.trackers, atLeast: stage.now() < 1000 ? 10_000 : 40_000 },
      });
      stage.happens(there.announces).toBe('---s 10299ms u 81648ms u 8047ms x');
      stage
        .gives(told(downloaded(stage, there, { pace, stop$: timer(100_000) })))
        .toBe('--------------j-----------0 99975ms |');
    }, ten),
  );

  it(
    'what is no value of an option ends it',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 10 }) } });
      const slots = later<number | undefined>(3, 30, -5);
      stage
        .gives(told(downloaded(stage, there, { order: inOrder, slots })))
        .toBe(
          '--------------j----------------#',
          {},
          new InputError('bad-option', 'slots -5: expected a whole number from 0'),
        );
      const maxPeers = later(3, 30, 0);
      stage
        .gives(told(downloaded(stage, stage.world({ peers: { [a]: honest({ pace: 10 }) } }), { maxPeers })))
        .toBe(
          '--------------j------------------#',
          {},
          new InputError('bad-option', 'maxPeers 0: expected a whole number from 1'),
        );
      const pause$ = later<boolean>(false, 30, 1 as unknown as boolean);
      stage
        .gives(told(downloaded(stage, stage.world({ peers: { [a]: honest({ pace: 10 }) } }), { pause$ })))
        .toBe('--------------j----------------#', {}, new InputError('bad-option', 'paused 1: expected true or false'));
    }, ten),
  );
});

describe('sources of peers', () => {
  const two = (stage: Stage) =>
    stage.world({ peers: { [a]: honest({ pace: 9 }), [b]: honest({ latency: 40, pace: 9 }) } });

  it(
    'of the user are beside ours; what can not be dialled is a warning',
    drawn((stage) => {
      const there = two(stage);
      const peers$ = timer(2).pipe(map(() => at('10.1.0.2')));
      stage.happens(there.dials).toBe('-----b--a');
      const bad$ = concat(of(at('10.1.0.7', 70_000)), peers$);
      stage
        .gives(told(downloaded(stage, there, { order: inOrder, peers$: bad$ })))
        .toBe(
          '---w----------j--------------------0--------1-j------2--------3--------4--------5--------6--------7--------8--------9---|',
        );
    }, ten),
  );

  it(
    'of the user take the place of ours',
    drawn((stage) => {
      const there = two(stage);
      const mine$ = timer(20).pipe(map(() => at('10.1.0.2')));
      const sources = { trackers: mine$, dht: false, lsd: false, pex: false } as const;
      stage.happens(there.dials).toBe('23ms b');
      stage.happens(there.announces).toBe('-');
      stage
        .gives(told(downloaded(stage, there, { order: inOrder, sources })))
        .toBe('64ms j 90ms 0--------1--------2--------3 30ms 4--------5--------6--------7--------8--------9---|');
    }, ten),
  );

  it(
    'that fail are a warning, and end nothing else',
    drawn((stage) => {
      const there = two(stage);
      const peers$ = timer(1).pipe(
        tap(() => undefined),
        ignoreElements(),
      );
      const failing$ = concat(
        peers$,
        throwError(() => new Error('no such file')),
      );
      stage
        .gives(told(downloaded(stage, there, { order: inOrder, peers$: failing$ })))
        .toBe(
          '----w---------j--------------------0--------1----j---2--------3--------4--------5--------6--------7--------8--------9---|',
        );
    }, ten),
  );

  it(
    'that may name more keep it going',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ has: [0] }) } });
      const options = {
        order: inOrder,
        trackers: [],
        peers$: concat(of(at('10.1.0.1')), timer(5000).pipe(ignoreElements())),
      };
      stage
        .gives(told(downloaded(stage, there, { ...options, stop$: timer(6000) })))
        .toBe('---------j-----------0 5980ms |');
    }, ten),
  );
});

describe('talk of the user’s own', () => {
  /** Speaks `xx_echo`, says `hi` in it, and wants to be spoken to with the id 7. */
  const speaksEcho =
    (player: Player): Player =>
    (heard$, cast) => {
      const words$ = heard$.pipe(share());
      const hi$ = words$.pipe(
        filter((word) => word.type === 'extended' && word.id === 0),
        map((word) => decodeExtensionHandshake((word as { payload: Uint8Array }).payload).ids.get('xx_echo') ?? 0),
        delay(5),
        mergeMap((id): Said[] => [
          { type: 'extended', id: 0, payload: encodeExtensionHandshake({ ids: new Map([['xx_echo', 7]]) }) },
          { type: 'extended', id, payload: new TextEncoder().encode('hi') },
        ]),
      );
      const greeted = (said: Said): Said =>
        !(said instanceof Uint8Array) && said.type === 'handshake' ? { ...said, extended: true } : said;
      return merge(player(words$, cast).pipe(map(greeted)), hi$);
    };

  it(
    'is held in an extension of theirs, and beside ours',
    drawn(
      (stage) => {
        const peer = overheard(stage, speaksEcho(honest({ pace: 20 })));
        const there = stage.world({ peers: { [a]: peer.player } });
        const echo: OwnExtension = { name: 'xx_echo', talk: ({ payloads$, send }) => payloads$.pipe(tap(send)) };
        const counts: OperatorFunction<Peer, never> = (peers) =>
          peers.pipe(
            switchMap(({ messages$ }) => messages$),
            tap(({ type }) => heard.push({ frame: stage.now(), kind: 'value', value: type.slice(0, 1) })),
            ignoreElements(),
          );
        const heard: Mark[] = [];
        const echoed = () => peer.sent.filter(({ value }) => (value as { id?: number }).id === 7).length;
        stage.happens(heard).toBe('--------------b----(eeu)--------------------p-------------------p');
        stage
          .gives(told(downloaded(stage, there, { extensions: [echo], converse: [counts] })))
          .toBe('--------------j 31ms 0-------------------1---|');
        stage.gives(timer(500).pipe(map(echoed))).toBe('500ms (n|)', { n: 1 });
      },
      { torrent: { pieces: 2, blocksPerPiece: 1 } },
    ),
  );
});
