/**
 * The first and the last piece of each file first, then whatever is rare.
 *
 * Players and archivers look at both ends of a file before they show anything: so a preview comes soon.
 */
import { filter, map } from 'rxjs';
import { describe, it } from 'vitest';
import { Geometry } from '../../operators/index.ts';
import { download, type Env, firstBy, preferring, rarestFirst, type Torrent } from '../../src/index.ts';
import { drawn, honest, torrentOf } from '../index.ts';

/** The pieces in which a file begins or ends. */
const edgesOf = (torrent: Torrent): ReadonlySet<number> => {
  const geometry = new Geometry(torrent);
  return new Set(
    torrent.files
      .filter(({ length, padding }) => length > 0 && !padding)
      .flatMap(({ offset, length }) => geometry.piecesOf(offset, length)),
  );
};

const edgesFirst = (torrent: Torrent, env: Env) => {
  const edges = edgesOf(torrent);
  const order = firstBy(
    preferring((index) => edges.has(index)),
    rarestFirst,
  );
  return download(torrent, env, { target: { folder: '.' }, order }).pipe(filter(({ type }) => type === 'stored'));
};

const block = 16_384;
const files = [
  { path: ['film'], length: 4 * block, offset: 0, padding: false, attributes: '' },
  { path: ['empty'], length: 0, offset: 4 * block, padding: false, attributes: '' },
  { path: ['more'], length: 5 * block, offset: 4 * block, padding: false, attributes: '' },
];
const torrent: Torrent = { ...torrentOf({ pieces: 9, blocksPerPiece: 1 }), layout: 'folder', files };

describe('the edges first', () => {
  it(
    'stores both ends of each file before what is between',
    drawn(
      ({ world, gives }) => {
        const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
        const stored$ = edgesFirst(torrent, env).pipe(
          map((event) => ('index' in event && [0, 3, 4, 8].includes(event.index) ? 'edge' : 'middle')),
        );
        gives(stored$).toBe('30ms e---e---e---e---m---m---m---m---m---|', { e: 'edge', m: 'middle' });
      },
      { torrent },
    ),
  );
});
