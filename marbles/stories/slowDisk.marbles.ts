import { describe, it } from 'vitest';
import { StorageError } from '../../src/contracts/errors.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { drawn, honest } from '../index.ts';
import { downloaded, overheard } from './scene.ts';

const a = '10.1.0.1:7000';
const pieces = { torrent: { pieces: 6, blocksPerPiece: 1 } };
const options = { order: inOrder, memory: 2 * 16_384 };

describe('a disk', () => {
  it(
    'that is slow closes the windows: nothing is asked for that memory has no room for',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 3 }));
      const there = stage.world({ peers: { [a]: seed.player }, disk: { takes: 20 } });
      stage.asks(seed).toBe('                              76ms (12) 25ms 3--4 25ms 5--6');
      stage.happens(there.disk.written).toBe('             105ms 0--1 25ms 2--3 25ms 4--5');
      stage
        .gives(downloaded(stage, there, options))
        .toBe('65ms a-----j 33ms s--s 25ms s--s 25ms s--s-------------------- 59ms (d|)');
    }, pieces),
  );

  it(
    'that is full is waited for: nothing is asked for meanwhile, nothing is lost, and it is said twice',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 6 }));
      const full = new StorageError('full', 'no space left');
      const there = stage.world({
        peers: { [a]: seed.player },
        disk: { fails: (work, nth) => (work === 'write' && nth > 1 && nth < 8 ? full : undefined) },
      });
      stage.asks(seed).toBe('                              -------------------(12)---------3 45008ms 4------5-----6');
      stage.happens(there.disk.written).toBe('             32ms 0 45008ms 1------2-----3------4-----5');
      stage
        .gives(downloaded(stage, there, options))
        .toBe('--------a-----j-----------------s-----w 45002ms s------(ws)--s------s-----s---(d|)');
    }, pieces),
  );

  it(
    'that fails otherwise ends it, and everything is closed',
    drawn((stage) => {
      const there = stage.world({
        peers: { [a]: honest() },
        disk: { fails: (work, nth) => (work === 'write' && nth === 2 ? new StorageError('denied', 'no') : undefined) },
      });
      stage
        .gives(downloaded(stage, there, options))
        .toBe('--------a-----j-----------(s#)', undefined, { name: 'StorageError', code: 'denied' });
      stage.happens(there.hangups).toBe('                  26ms a');
      stage.happens(there.announces).toBe('                ---s 22ms x');
    }, pieces),
  );
});
