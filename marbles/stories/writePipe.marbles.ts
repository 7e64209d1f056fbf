import { concat, defer, EMPTY, filter, map, NEVER, Observable, of, Subject, timer } from 'rxjs';
import { describe, it } from 'vitest';
import type { PieceOutcome } from '../../src/contracts/events.ts';
import type { CheckedPiece } from '../../src/contracts/peer.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import { streamStorage } from '../../src/disk/files/streamStorage.ts';
import { drawn, honest, type Overheard, overheard } from '../index.ts';
import { downloaded } from './scene.ts';
import { writeOnly } from './writeOnly.ts';

/** Takes the piece whose turn it is for two milliseconds, and holds all others back until then. */
const pipe = (geometry: Geometry) => {
  const held = new Map<number, Subject<number>>();
  let turn = 0;
  let busy = false;
  const goOn = (): void => {
    const next = held.get(turn);
    if (next === undefined || busy) return;
    busy = true;
    timer(2).subscribe(() => {
      busy = false;
      held.delete(turn++);
      next.next(1);
      next.complete();
      goOn();
    });
  };
  const write = (offset: number): Observable<number> =>
    defer(() => {
      const written$ = new Subject<number>();
      held.set(offset / geometry.pieceLength, written$);
      goOn();
      return written$;
    });
  return { held, storage: { write, ordered: true } };
};

describe('writePieces, into a pipe', () => {
  const pieceLength = 2 ** 24; // two of them are as many as are written to a disk at one time
  const geometry = new Geometry({ length: 5 * pieceLength, pieceLength });
  const piece = (index: number, valid = true): CheckedPiece => ({
    index,
    valid,
    from: [],
    bytes: new Uint8Array(1),
    release: () => {},
  });
  const pieces = { a: piece(0), b: piece(1), c: piece(2), d: piece(3), e: piece(4), x: piece(0, false) };
  const index = map(({ type, index }: PieceOutcome) => (type === 'stored' ? 'abcde' : 'xxxxx')[index] as string);

  it(
    'begins every write at once: the one that the others wait for may come last',
    drawn((stage) => {
      const source = stage.cold('edcb-a|', pieces);
      const gives = '           -------a-b-c-d-(e|)';
      stage.gives(source.pipe(writeOnly(pipe(geometry).storage, geometry), index)).toBe(gives);
    }),
  );

  it(
    'passes a corrupt one on at once, so that it is fetched again while the others wait',
    drawn((stage) => {
      const source = stage.cold('bcx---a|', pieces);
      const gives = '           --x-----a-b-(c|)';
      stage.gives(source.pipe(writeOnly(pipe(geometry).storage, geometry), index)).toBe(gives);
    }),
  );

  it(
    'holds nothing back when it is left',
    drawn((stage) => {
      const { held, storage } = pipe(geometry);
      const source = stage.cold('bcde--', pieces);
      stage.gives(source.pipe(writeOnly(storage, geometry), index), '^----!').toBe('');
      stage.expectSubscriptions(source.subscriptions).toBe('^----!');
      stage
        .gives(timer(9).pipe(map(() => [...held.values()].filter(({ observed }) => observed))))
        .toBe('---------(n|)', { n: [] });
    }),
  );
});

describe('a download into a pipe', () => {
  it(
    'tells no peer of pieces that it can not read back',
    drawn(
      (stage) => {
        const [seed, leech] = [overheard(stage, honest({ pace: 10 })), overheard(stage, honest({ has: [] }))];
        const there = stage.world({ peers: { '10.1.0.1:7000': seed.player, '10.1.0.2:7000': leech.player } });
        const storage = streamStorage(stage.torrent, 0, () => EMPTY);
        const env = { ...there.env, openStorage: () => concat(of(storage), NEVER) };
        const stored$ = downloaded(stage, { ...there, env }).pipe(filter(({ type }) => type === 'stored'));
        stage.gives(stored$.pipe(map(() => 's'))).toBe('32ms s---------s---------s---------(s|)');
        const haves = ({ sent }: Overheard) =>
          sent.filter(({ value }) => /^(have|bitfield)$/.test((value as { type?: string } | undefined)?.type ?? ''));
        stage.gives(timer(98).pipe(map(() => [seed, leech].map(haves)))).toBe('98ms (n|)', { n: [[], []] });
      },
      { torrent: { pieces: 4, blocksPerPiece: 1 } },
    ),
  );
});
