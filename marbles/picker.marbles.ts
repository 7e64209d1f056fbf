import { describe, expect, it } from 'vitest';
import { inOrder } from '../src/torrent/picker/pieceOrder.ts';
import { drawnPicker } from './index.ts';

describe('the picker', () => {
  it(
    'asks for the rarest pieces first',
    drawnPicker(`
      avail 43251
      have  ·····
      asks  43251`),
  );

  it(
    'asks for what the peer has and we lack',
    drawnPicker(
      `
      avail 43251
      have  *··x·
      they  ***··
      asks  ·21··`,
    ),
  );

  it(
    'puts priority before rarity',
    drawnPicker(`
      avail 43251
      prio  09000
      asks  41352`),
  );

  it(
    'goes through in order when told so',
    drawnPicker(
      `
      avail 43251
      have  ·*···
      asks  1·234`,
      { order: inOrder },
    ),
  );

  it(
    'finishes what is begun before it begins anew',
    drawnPicker(
      `
      avail 33254
      asked a····
      asks  142··`,
      { blocksPerPiece: 2, count: 5 },
    ),
  );

  it(
    'begins what is half as common first, since others can give what is begun',
    drawnPicker(
      `
      avail 42
      asked a·
      asks  31`,
      { blocksPerPiece: 2, count: 3 },
    ),
  );

  it(
    'but where the user has said what comes first it finishes what is begun',
    drawnPicker(
      `
      avail 42
      prio  11
      asked a·
      asks  12`,
      { blocksPerPiece: 2, count: 3 },
    ),
  );

  it(
    'begins no more than memory allows',
    drawnPicker(
      `
      avail 43251
      asks  ··2·1`,
      { memory: 2 },
    ),
  );

  it(
    'asks for copies when all else is asked for',
    drawnPicker(`
      have  **·*·
      asked ··a·b
      asks  ··1·2`),
  );

  it('shows what it asked for when the picture is another', () => {
    expect(drawnPicker('avail 21\nasks 12')).toThrow(
      '\npicker: not as drawn\n  expected  asks 12\n  received  asks 21',
    );
  });

  it('does not take pictures that it cannot read', () => {
    expect(drawnPicker('avail 213\nasks 21')).toThrow('avail has 3 pieces, asks has 2');
    expect(drawnPicker('luck 1\nasks 1')).toThrow('there is no row luck');
  });
});
