import {
  concatMap,
  delay,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  of,
  share,
  takeLast,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import { decodeExtensionHandshake, encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { encodePex } from '../../src/protocol/peer/utPex.ts';
import { announced, drawn, honest, type Player, type Said } from '../index.ts';
import { downloaded, overheard } from './scene.ts';

const a = '10.1.0.1:7000';
const b = '10.1.0.2:7000';
const named = { host: '10.1.0.2', port: 7000, flags: 0 };

/**
 * Speaks `ut_pex`, and once it is greeted in extensions tells of somebody else. Whatever it hears of peers goes to
 * `ear`.
 */
const tells =
  (player: Player, ear: (id: number) => void = () => {}): Player =>
  (heard$, cast) => {
    const words$ = heard$.pipe(share());
    const pex = (id: number): Said[] => [
      { type: 'extended', id: 0, payload: encodeExtensionHandshake({ ids: new Map([['ut_pex', 9]]) }) },
      ...(id > 0 ? [{ type: 'extended' as const, id, payload: encodePex({ added: [named], dropped: [] }) }] : []),
    ];
    const told$ = words$.pipe(
      filter((word) => word.type === 'extended'),
      tap(({ id }) => ear(id)),
      filter(({ id }) => id === 0),
      // Lent bytes: read at once.
      map(({ payload }) => decodeExtensionHandshake(payload).ids.get('ut_pex') ?? 0),
      delay(10),
      concatMap((id) => from(pex(id))),
    );
    const greeting = map(
      (said: Said): Said =>
        said instanceof Uint8Array || said.type !== 'handshake' ? said : { ...said, extended: true },
    );
    return merge(player(words$, cast).pipe(greeting), told$);
  };

const onlyA = () => of(announced([a])).pipe(delay(5));

describe('a peer that only another peer knows', () => {
  it(
    'is dialled, and has what is missing',
    drawn((stage) => {
      const there = stage.world({
        peers: { [a]: tells(honest({ has: [0] })), [b]: honest({ has: [1] }) },
        tracker: onlyA,
      });
      stage.happens(there.dials).toBe('           --------a 15ms b');
      stage.gives(downloaded(stage, there)).toBe('--------a-----j-----------s---j-----------s---(d|)');
    }),
  );

  it(
    'has its row in the funnel',
    drawn((stage) => {
      const there = stage.world({
        peers: { [a]: tells(honest({ has: [0] })), [b]: honest({ has: [1] }) },
        tracker: onlyA,
      });
      const rows$ = download(stage.torrent, there.env, { target: { folder: '.' } }).pipe(
        filter((event) => event.type === 'funnel'),
        takeLast(1),
        map(({ sources }) =>
          sources.map(({ source, discovered, dialled, connected, sending, lost }) => [
            source,
            discovered,
            dialled,
            connected,
            sending,
            lost,
          ]),
        ),
      );
      stage.gives(rows$).toBe('46ms (r|)', {
        r: [
          ['tracker', 1, 1, 1, 1, {}],
          ['pex', 1, 1, 1, 1, {}],
        ],
      });
    }),
  );

  it(
    'is dialled without any tracker, and the download ends when the last peer is gone for good',
    drawn((stage) => {
      const gone: Player = (heard$, cast) => honest({ has: [] })(heard$, cast).pipe(takeUntil(timer(30)));
      const there = stage.world({ peers: { [a]: tells(gone), [b]: gone } });
      const peers = [{ host: '10.1.0.1', port: 7000, source: 'manual' as const }];
      const end$ = downloaded(stage, there, { peers, trackers: [] }).pipe(ignoreElements());
      stage
        .happens(there.dials)
        .toBe(
          '---a---------------b 60030ms b 120030ms b 4927ms a 15102ms b 174902ms a 200005ms a 240005ms a 300005ms a 420005ms a',
        );
      stage.gives(end$).toBe('1715045ms |');
    }),
  );
});

describe('a private torrent', () => {
  it(
    'has no peer exchange: nothing is sent, and nothing is accepted',
    drawn((stage) => {
      const heard: number[] = [];
      const teller = overheard(
        stage,
        tells(honest({ has: [0] }), (id) => heard.push(id)),
      );
      const there = stage.world({ peers: { [a]: teller.player, [b]: honest() }, tracker: onlyA });
      const private$ = download({ ...stage.torrent, private: true }, there.env, { target: { folder: '.' } }).pipe(
        filter(({ type }) => type === 'stored'),
      );
      stage.gives(private$, '                                 ^ 2m !').toBe('26ms s');
      stage.happens(there.dials).toBe('           --------a');
      stage.gives(stage.cold('1m a').pipe(map(() => heard))).toBe('1m a', { a: [0] });
    }),
  );
});
