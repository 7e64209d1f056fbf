import { of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type PieceLedger, writePieces } from '../../operators/writePieces.ts';
import type { CheckedPiece } from '../../src/contracts/peer.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { drawn } from '../index.ts';

describe('what becomes of a piece', () => {
  it(
    'is said to the picker by writePieces: after its memory is free, before its outcome is given',
    drawn(({ geometry }) => {
      const said: string[] = [];
      const picker: PieceLedger = { geometry, settle: ({ type, index }) => void said.push(`settle ${type} ${index}`) };
      const piece = (index: number, valid: boolean): CheckedPiece => ({
        index,
        valid,
        from: [],
        bytes: new Uint8Array(geometry.pieceSize(index)),
        release: () => void said.push(`release ${index}`),
      });
      const pieces$ = new Subject<CheckedPiece>();
      pieces$
        .pipe(writePieces({ write: (_, { length }) => of(length) }, picker))
        .subscribe(({ type, index }) => said.push(`gives ${type} ${index}`));
      pieces$.next(piece(1, false));
      pieces$.next(piece(0, true));
      expect(said).toEqual([
        ...['release 1', 'settle corrupt 1', 'gives corrupt 1'],
        ...['release 0', 'settle stored 0', 'gives stored 0'],
      ]);
    }),
  );

  it(
    'is said once: to say it twice, or of a piece that is not whole, is a mistake that is told at once',
    drawn(({ geometry }) => {
      const picker = new PiecePicker(geometry, { random: () => 0 });
      expect(() => picker.settle({ type: 'corrupt', index: 0 })).toThrow('piece 0 is settled, and is not on its way');
      const have = new Bitfield(geometry.pieceCount);
      have.setAll();
      const asker = { cancel: () => {} };
      for (const { piece, block } of picker.next(asker, asker, have, 4, true)) picker.received(asker, piece, block);
      picker.settle({ type: 'stored', index: 0 });
      expect(() => picker.settle({ type: 'stored', index: 0 })).toThrow(RangeError);
      picker.check();
    }),
  );
});
