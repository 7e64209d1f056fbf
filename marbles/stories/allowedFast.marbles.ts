import { type Observable, of, Subject } from 'rxjs';
import { describe, it } from 'vitest';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import { whenUnchoked } from '../../operators/whenUnchoked.ts';
import type { Block, Peer } from '../../src/contracts/peer.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { drawn, type Stage } from '../index.ts';

const I: Message = { type: 'interested' };

/** The requests to a peer, over time: pieces in their order, except those that are stored. */
const allowed = ({ geometry }: Stage, they: Peer, ...stored: readonly number[]): Observable<Block> => {
  const wake$ = new Subject<void>();
  const picker = new PiecePicker(geometry, { random: () => 0, order: inOrder, freed: () => wake$.next() });
  for (const piece of stored) picker.restore(piece);
  return of(they).pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ }));
};

describe('a peer that chokes us', () => {
  it(
    'asks while it is choked for what it is allowed all the same, and for all when it is unchoked',
    drawn(
      (stage) => {
        const { words } = stage;
        const they = stage.peer('-B-A-----3-4---U------1-|', { A: words.allowedFast(1) }, { fast: true });
        const writes = '         -I-(RS)--------(TV)----- ';
        const result = '         ---------3-4----------1-|';
        stage.gives(allowed(stage, they)).toBe(result);
        stage
          .sends(they)
          .toBe(writes, { I, R: words.request(3), S: words.request(4), T: words.request(1), V: words.request(2) });
      },
      { torrent: { pieces: 2, blocksPerPiece: 2 } },
    ),
  );

  it(
    'does not request while choked an allowed piece until the peer has it and we lack it',
    drawn(
      (stage) => {
        const { words } = stage;
        const they = stage.peer(
          '-B-AD---H---|',
          { B: words.bitfield(0), A: words.allowedFast(1), D: words.allowedFast(2), H: words.have(1) },
          { fast: true },
        );
        stage.gives(allowed(stage, they, 2)).toBe('------------|');
        stage.sends(they).toBe('-I------(RS)', { I, R: words.request(3), S: words.request(4) });
      },
      { torrent: { pieces: 3, blocksPerPiece: 2 } },
    ),
  );

  it(
    'does not request again while choked what the peer allowed and rejects',
    drawn(
      (stage) => {
        const { words } = stage;
        const they = stage.peer(
          '-B-A--J-K--A-----|',
          { A: words.allowedFast(1), J: words.reject(3), K: words.reject(4) },
          { fast: true },
        );
        stage.gives(allowed(stage, they)).toBe('-----------------|');
        stage.sends(they).toBe('-I-(RS)', { I, R: words.request(3), S: words.request(4) });
      },
      { torrent: { pieces: 2, blocksPerPiece: 2 } },
    ),
  );

  it(
    'keeps waiting after a choke for what it is allowed',
    drawn(
      (stage) => {
        const { words } = stage;
        const values = { A: words.allowedFast(1), J: words.reject(1), K: words.reject(2) };
        const they = stage.peer('-B-U-A-C-JK-3---4-|', values, { fast: true });
        stage.gives(allowed(stage, they)).toBe('------------3---4-|');
        stage
          .sends(they)
          .toBe('-I-(PQRS)', { I, P: words.request(1), Q: words.request(2), R: words.request(3), S: words.request(4) });
      },
      { torrent: { pieces: 2, blocksPerPiece: 2 } },
    ),
  );
});
