/**
 * NDJSON with a rate and an ETA of one's own: events are plain data, and the rest is RxJS.
 */
import { describe, it } from 'vitest';
import { download } from '../../src/index.ts';
import { drawn, honest } from '../index.ts';
import { ndjson } from './ndjson.ts';

describe('NDJSON', () => {
  it(
    'says once a second how far it is, how fast, and how long it will take',
    drawn(
      ({ torrent, world, gives }) => {
        const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 500 }) } });
        gives(download(torrent, env, { target: { folder: '.' } }).pipe(ndjson())).toBe('2s a 999ms b 29ms |', {
          a: '{"stored":49152,"rate":32768,"eta":1.5}',
          b: '{"stored":81920,"rate":32768,"eta":0.5}',
        });
      },
      { torrent: { pieces: 6, blocksPerPiece: 1 } },
    ),
  );
});
