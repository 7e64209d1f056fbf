import { defer, ignoreElements, map, merge, mergeMap, of, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { VerifiedReader } from '../../src/download/storage/verifiedReader.ts';
import { encodeDontHave } from '../../src/protocol/peer/dontHave.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { drawn, type DrawnDisk, type DrawnPeer, type Stage } from '../index.ts';
import { ours, speaker, unchecked } from './unchecked.ts';
import { unchoked, requests } from './serveScene.ts';

describe('serveBlocks, of a piece that this run has not checked yet,', () => {
  const speaking = (stage: Stage, lane: string): DrawnPeer => unchoked(speaker(stage, lane, requests(stage)));

  it(
    'makes all requests wait while it is checked, once, and answers each',
    drawn((stage) => {
      const one = speaking(stage, '  ---a---------b--');
      const other = speaking(stage, '-----b-------a--');
      const writes = '               -B--------1--2--';
      const others = '               -B--------2---1-';
      stage.gives(unchecked(stage, [one, other]), '^ 1s !').toBe('-');
      stage.sends(one).toBe(writes);
      stage.sends(other).toBe(others);
    }),
  );

  it(
    'is checked as soon as it is requested, while those before it are',
    drawn((stage) => {
      const one = speaking(stage, '  ---ac----------');
      const writes = '               -B--------13---';
      stage.gives(unchecked(stage, [one]), '^ 1s !').toBe('-');
      stage.sends(one).toBe(writes);
    }),
  );

  it(
    'is never uploaded when damaged: requests are refused, all peers are told, and the rest is uploaded',
    drawn((stage) => {
      const [one, other, third] = [
        speaking(stage, '---a----------a'),
        speaking(stage, '-----b--------'),
        speaking(stage, '------c-------'),
      ] as const;
      const older = unchoked(stage.peer('            -----a--------', requests(stage), { has: [] }));
      const writes = '                                   -B-------(DWJ)J';
      const others = '                                   -B-------(DWK)-';
      const thirds = '                                   -B-------(DW)3-';
      const words = {
        D: { type: 'extended', id: 7, payload: encodeDontHave(0) },
        W: ours(false),
        B: { type: 'haveAll' },
        3: stage.words.block(3),
      };
      const values = { ...words, J: stage.words.reject(1), K: stage.words.reject(2) };
      const spoils = ({ bytes }: DrawnDisk): unknown => bytes.fill(0, 7, 8);
      stage.gives(unchecked(stage, [one, other, third, older], spoils), '^ 1s !').toBe('-');
      stage.sends(one).toBe(writes, values);
      stage.sends(other).toBe(others, values);
      stage.sends(third).toBe(thirds, values);
      stage.sends(older).toBe('-B');
    }),
  );

  it(
    'is checked on for those that stay, and anew when all have left',
    drawn((stage) => {
      const [one, other] = [speaking(stage, '---a-|'), speaking(stage, '----b-----')] as const;
      stage.gives(unchecked(stage, [one, other]), '^ 1s !').toBe('-');
      stage.sends(one).toBe('-B');
      stage.sends(other).toBe('-B--------2');
      const [gone, late] = [speaking(stage, '---a--|'), speaking(stage, '--------a-')] as const;
      stage.gives(unchecked(stage, [gone, late]), '^ 1s !').toBe('-');
      stage.sends(late).toBe('-B-------------1');
    }),
  );

  it(
    'is checked anew when its file was changed, even if all that tells so is when its state changed (ctime)',
    drawn((stage) => {
      const { torrent, geometry } = stage;
      let ctime = 1;
      let checks = 0;
      const storage = {
        read: (_: number, into: Uint8Array) => of(into.length),
        stamps: () => defer(() => of([{ size: torrent.length, mtime: 1, ctime, ino: 1 }])),
      };
      const stored = new Bitfield(geometry.pieceCount);
      stored.setAll();
      const verify = () => () => ++checks > 0;
      const shelf = new VerifiedReader(torrent, { verify }, storage, { stored, lost: () => undefined });
      shelf.vouch(0);
      const changed$ = timer(45_000).pipe(
        tap(() => (ctime = 2)),
        ignoreElements(),
      );
      const checks$ = timer(20_000, 20_000).pipe(mergeMap(() => shelf.read(0, 0, new Uint8Array(1))));
      const all$ = merge(shelf.watch(), changed$, checks$.pipe(map(() => checks)));
      stage.gives(all$, '^ 101s !').toBe('20s a 19999ms a 19999ms b 19999ms b 19999ms b', { a: 0, b: 1 });
    }),
  );
});
