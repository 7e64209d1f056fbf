/**
 * The smallest file first: something is complete soon.
 */
import { map, mergeMap, type Observable, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { download, inOrder, type PieceOrder, type Torrent } from '../../src/index.ts';
import { drawn, honest, type Stage, torrentOf } from '../index.ts';
import { smallestFirst } from './smallestFirst.ts';

const block = 16_384;
const file = (name: string, from: number, to: number) => ({
  path: [name],
  offset: from * block,
  length: (to - from) * block,
  padding: false,
  attributes: '',
});
const files = [file('film', 0, 4), file('song', 4, 5), file('book', 5, 7)];
const torrent: Torrent = { ...torrentOf({ pieces: 7, blocksPerPiece: 1 }), layout: 'folder', files };

describe('the smallest file first', () => {
  /** `e` is the end of the film. */
  const stored = ({ world }: Stage, order: Observable<PieceOrder>): Observable<string> => {
    const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
    return download(torrent, env, { target: { folder: '.' }, window: 1, order }).pipe(
      mergeMap((event) => (event.type === 'stored' ? [`fffesbb`.charAt(event.index)] : [])),
    );
  };

  it(
    'stores the song, then the book, then the film',
    drawn(
      (stage) =>
        stage
          .gives(stored(stage, smallestFirst(torrent)))
          .toBe('30ms s--------b--------b--------f--------e--------f--------f---|'),
      {
        torrent,
      },
    ),
  );

  it(
    'is swapped while it runs: from the next choice on the film comes from its end to its beginning',
    drawn(
      (stage) => {
        const backwards$ = timer(45).pipe(map((): PieceOrder => (one, other) => inOrder(other, one)));
        stage
          .gives(stored(stage, smallestFirst(torrent, backwards$)))
          .toBe('30ms s--------b--------b--------e--------f--------f--------f---|');
      },
      { torrent },
    ),
  );
});
