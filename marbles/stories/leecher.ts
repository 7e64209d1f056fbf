import { concat, from, mergeMap, of, takeWhile } from 'rxjs';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { calling, type Player, type Said, type Word } from '../index.ts';
import { sameBytes } from '../same.ts';
import { blockBytes } from '../torrent.ts';
import { wordsFor } from '../words.ts';

/** Calls, asks for everything at once, and hangs up when it has it; `got` hears of each right block, by its number. */
export const leecher = (got: (block: number) => void): Player =>
  calling((heard$, { geometry }) => {
    const words = wordsFor(geometry);
    const left = new Set(Array.from({ length: geometry.pieceCount * geometry.blocksPerPiece }, (_, nth) => nth + 1));
    const took = ({ piece, begin, bytes }: Extract<Word, { type: 'piece' }>): void => {
      if (!sameBytes(bytes, blockBytes(geometry, piece, begin, bytes.length))) return;
      const block = piece * geometry.blocksPerPiece + begin / BLOCK + 1;
      if (left.delete(block)) got(block);
    };
    const answer = (word: Word): readonly Said[] => {
      if (word.type === 'handshake') return [{ type: 'interested' }];
      if (word.type === 'unchoke') return [...left].map((block) => words.request(block));
      if (word.type === 'piece') took(word);
      return [];
    };
    return heard$.pipe(
      mergeMap((word) => concat(from(answer(word)), of(undefined))),
      takeWhile(() => left.size > 0),
      mergeMap((said) => (said === undefined ? [] : [said])),
    );
  });
