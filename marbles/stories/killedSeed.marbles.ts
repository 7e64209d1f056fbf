import { concatMap, delay, from, map, of, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { decodeResume } from '../../src/torrent/pieces/resumeNote.ts';
import { drawn, type Player, type Said } from '../index.ts';
import { downloaded } from './scene.ts';

/** Has nothing, and takes block after block, one every 10 s. */
const taker: Player = (heard$, { torrent, geometry, id }) =>
  heard$.pipe(
    concatMap((word) => {
      if (word.type === 'handshake')
        return of<Said[]>(
          {
            type: 'handshake',
            infoHash: torrent.infoHash,
            peerId: id,
            reserved: new Uint8Array(8),
            fast: false,
            extended: false,
            dht: false,
          },
          { type: 'interested' },
        );
      if (word.type === 'unchoke' || word.type === 'piece') {
        const piece = word.type === 'piece' ? (word.piece + 1) % geometry.pieceCount : 0;
        return of<Said>({ type: 'request', piece, begin: 0, length: 16_384 }).pipe(delay(10_000));
      }
      return from<Said[]>([]);
    }),
  );

describe('a seed that is killed', () => {
  it(
    'has noted within a minute what it has given, and that all is there for good',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { '10.1.0.1:7000': taker }, disk: { has: [0, 1, 2, 3] } });
        stage.watch(downloaded(stage, there, { seed: {} }), '^ 5m !');
        const note = () => decodeResume(there.disk.note ?? new Uint8Array(), stage.torrent);
        const noted$ = timer(119_000, 60_000).pipe(map(() => `${(note()?.uploaded ?? 0) / 16_384} ${note()?.clean}`));
        stage.gives(noted$, '^ 200s !').toBe('119s a 59999ms b', { a: '5 true', b: '11 true' });
      },
      { torrent: { pieces: 4, blocksPerPiece: 1 } },
    ),
  );
});
