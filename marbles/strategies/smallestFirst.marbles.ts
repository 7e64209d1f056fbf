/**
 * The smallest file first: something is complete soon.
 */
import { mergeMap, switchMap } from 'rxjs';
import { describe, it } from 'vitest';
import { openDownload, type Torrent } from '../../src/index.ts';
import { drawn, honest, torrentOf } from '../index.ts';
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
  it(
    'stores the song, then the book, then the film',
    drawn(
      ({ world, gives }) => {
        const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
        const stored$ = openDownload(torrent, env, { target: { folder: '.' } }).pipe(
          smallestFirst(torrent),
          switchMap((it) => it.events$),
          mergeMap((event) => (event.type === 'stored' ? [event.index < 4 ? 'f' : event.index < 5 ? 's' : 'b'] : [])),
        );
        gives(stored$).toBe('30ms s---b---b---f---f---f---f---|');
      },
      { torrent },
    ),
  );
});
