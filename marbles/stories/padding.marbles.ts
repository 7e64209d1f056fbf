import { filter, map } from 'rxjs';
import { describe, it } from 'vitest';
import { download } from '../../src/index.ts';
import { drawn, honest, torrentOf } from '../index.ts';

const a = '10.1.0.1:7000';
const peers = [{ host: '10.1.0.1', port: 7000, source: 'manual' }] as const;

/** Files x, of one block, and y, of three; y begins with a piece (BEP 47). */
const aligned = {
  ...torrentOf({ pieces: 2, blocksPerPiece: 3 }),
  layout: 'folder' as const,
  files: [
    { path: ['x'], length: 16_384, offset: 0, padding: false, attributes: '' },
    { path: ['.pad', '32768'], length: 32_768, offset: 16_384, padding: true, attributes: 'p' },
    { path: ['y'], length: 49_152, offset: 49_152, padding: false, attributes: '' },
  ],
};

describe('padding', () => {
  it(
    'is not asked for: it is zeros, and the piece is whole without it',
    drawn(
      (stage) => {
        const { env } = stage.world({ peers: { [a]: honest({ pace: 4 }) } });
        const given = { target: { folder: '.' }, trackers: [], peers, window: 1 };
        const told$ = download(stage.torrent, env, given).pipe(
          filter(({ type }) => type === 'stored' || type === 'done'),
          map((event) => ('downloaded' in event ? event.downloaded : 'index' in event ? event.index : '')),
        );
        stage.gives(told$).toBe('25ms 0 26ms 1---(d|)', { 0: 0, 1: 1, d: 65_536 });
      },
      { torrent: aligned },
    ),
  );
});
