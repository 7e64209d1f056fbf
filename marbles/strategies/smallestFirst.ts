import { EMPTY, type Observable, startWith } from 'rxjs';
import { firstBy, type PieceOrder, rarestFirst, type Torrent } from '../../src/index.ts';

/** The smallest file first, then the next larger one, and so on, until `then$` emits another order. */
export const smallestFirst = ({ files, length, pieceLength }: Torrent, then$: Observable<PieceOrder> = EMPTY) => {
  const sizes = new Float64Array(Math.ceil(length / pieceLength));
  for (const { offset: at, length: size } of [...files].sort((one, other) => other.length - one.length))
    sizes.fill(size, Math.floor(at / pieceLength), Math.ceil((at + size) / pieceLength));
  const bySize: PieceOrder = (one, other) => (sizes[one.index] ?? 0) - (sizes[other.index] ?? 0);
  return then$.pipe(startWith(firstBy(bySize, rarestFirst)));
};
