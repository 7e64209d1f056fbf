import { describe, it } from 'vitest';
import { encodeDontHave } from '../../src/protocol/peer/dontHave.ts';
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
});
