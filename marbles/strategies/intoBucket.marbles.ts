/**
 * Into memory, and from there into a bucket of objects: nothing is on disk.
 */
import { map, of, toArray } from 'rxjs';
import { describe, it } from 'vitest';
import { memoryStorage, openDownload, type Torrent } from '../../src/index.ts';
import { drawn, honest, torrentOf } from '../index.ts';
import { intoBucket } from './intoBucket.ts';

const block = 16_384;
const file = (name: string, from: number, to: number) => ({
  path: [name],
  offset: from * block,
  length: (to - from) * block,
  padding: false,
  attributes: '',
});
const files = [file('film', 0, 2), file('song', 2, 3)];
const torrent: Torrent = { ...torrentOf({ pieces: 3, blocksPerPiece: 1 }), layout: 'folder', files };

describe('a bucket of objects', () => {
  it(
    'gets each file as soon as it is there, by way of memory',
    drawn(
      ({ world, gives }) => {
        const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
        const openStorage = () => of(memoryStorage(torrent));
        const put = (key: string, bytes$: Parameters<Parameters<typeof intoBucket>[1]>[1]) =>
          bytes$.pipe(
            toArray(),
            map((parts) => `${key}: ${parts.map((part) => part[0]).join()}`),
          );
        const opened$ = openDownload(torrent, { ...env, openStorage }, { target: { folder: '.' } });
        gives(opened$.pipe(intoBucket(torrent, put))).toBe('31ms a---(b|)', { a: 'film: 1,2', b: 'song: 3' });
      },
      { torrent },
    ),
  );
});
