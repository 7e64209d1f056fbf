import { defer, map, type Observable } from 'rxjs';
import type { HashesGiven } from '../../../operators/serveHashes.ts';
import { HashShelf } from '../../torrent/merkle/hashShelf.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { VerifiedReader } from './verifiedReader.ts';

/** Gives the hashes of a torrent of version 2: those of pieces at once, and those of blocks once a piece is read. */
export const leavesOnDisk = (torrent: Torrent, reader: Pick<VerifiedReader, 'has' | 'whole'>): HashesGiven => {
  const shelf = new HashShelf(torrent);
  let whole: ReturnType<VerifiedReader['whole']> | undefined;
  return {
    most: shelf.most,
    hashes: (range) => {
      const index = shelf.pieceOf(range);
      if (index === undefined || !reader.has(index)) return shelf.hashes(range);
      return defer(
        (): Observable<Uint8Array | undefined> =>
          (whole ??= reader.whole())(index).pipe(
            map((piece) => {
              const leaves = piece && shelf.leaves(range, piece.bytes);
              piece?.release();
              return leaves;
            }),
          ),
      );
    },
  };
};
