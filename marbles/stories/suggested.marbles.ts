import { type Observable, of, Subject } from 'rxjs';
import { describe, it } from 'vitest';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import { whenUnchoked } from '../../operators/whenUnchoked.ts';
import type { Block, Peer } from '../../src/contracts/peer.ts';
import { inOrder, type PieceOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { drawn, type Stage } from '../index.ts';

interface Wishes {
  readonly order?: PieceOrder;
  /** Pieces that are there. */
  readonly stored?: readonly number[];
  /** A piece that is wanted before all others. */
  readonly urgent?: number;
}

/** Requests pieces of two blocks from a peer, all equally rare; chance leaves them in their order. */
const asked = ({ geometry }: Stage, they: Peer, { order, stored = [], urgent }: Wishes = {}): Observable<Block> => {
  const wake$ = new Subject<void>();
  const picker = new PiecePicker(geometry, { random: () => 0, order, freed: () => wake$.next() });
  for (const piece of stored) picker.restore(piece);
  if (urgent !== undefined) picker.prioritise(urgent, 1);
  return of(they).pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ }));
};

const four = { torrent: { pieces: 4, blocksPerPiece: 2 } };

describe('a peer that suggests a piece', () => {
  it(
    'is asked for it before others',
    drawn((stage) => {
      const they = stage.peer('-B-S---U-----5-6|', { S: stage.words.suggest(2) });
      const asks = '           -------(5612)--(3478)';
      const result = '         -------------5-6|';
      stage.gives(asked(stage, they)).toBe(result);
      stage.asks(they).toBe(asks);
    }, four),
  );

  it(
    'is asked for the rest of what is begun before it',
    drawn(
      (stage) => {
        const { request, suggest } = stage.words;
        const they = stage.peer('-B-----U--S--1-2-|', { S: suggest(3) });
        const writes = '         -I-----(abcd)--(efjk)';
        const result = '         -------------1-2-|';
        const values = Object.fromEntries([...'abcdefghijkl'].map((letter, n) => [letter, request(n + 1)]));
        stage.gives(asked(stage, they)).toBe(result);
        stage.sends(they).toBe(writes, { I: { type: 'interested' }, ...values });
      },
      { torrent: { pieces: 4, blocksPerPiece: 3 } },
    ),
  );

  it(
    'is asked for it again after a choke: that says nothing of what it has at hand',
    drawn((stage) => {
      const { words } = stage;
      const rejects = { w: words.reject(5), x: words.reject(6), y: words.reject(1), z: words.reject(2) };
      const they = stage.peer('-B-S---U----C-wxyz-U-|', { ...rejects, S: words.suggest(2) });
      const asks = '           -------(5612)------(5612)';
      const result = '         ---------------------|';
      stage.gives(asked(stage, they)).toBe(result);
      stage.asks(they).toBe(asks);
    }, four),
  );

  it(
    'is asked for it once it has it, and not for what is there',
    drawn((stage) => {
      const { words } = stage;
      const said = { B: words.bitfield(1, 2), S: words.suggest(0), T: words.suggest(3), H: words.have(3) };
      const they = stage.peer('-B-ST---H---U|', said);
      const asks = '           ------------(7834)';
      const result = '         -------------|';
      stage.gives(asked(stage, they, { stored: [0] })).toBe(result);
      stage.asks(they).toBe(asks);
    }, four),
  );

  it.each<[string, Wishes]>([
    ['an order that people have given', { order: inOrder }],
    ['what they want sooner', { urgent: 0 }],
  ])('does not overrule %s', (_, wishes) =>
    drawn((stage) => {
      const they = stage.peer('-B-S---U|', { S: stage.words.suggest(3) });
      const asks = wishes.order ? '-------(1234)' : '-------(1278)';
      stage.gives(asked(stage, they, wishes)).toBe('--------|');
      stage.asks(they).toBe(asks);
    }, four)(),
  );
});
