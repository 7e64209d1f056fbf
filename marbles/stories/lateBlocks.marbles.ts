import { merge } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawn } from '../index.ts';
import { asker } from './asker.ts';
import { fateAmong } from './fate.ts';
import { chokesEvery, flaps } from './keeping.ts';

const eight = { torrent: { pieces: 1, blocksPerPiece: 8 } };
/** 256 blocks. */
const size = { pieces: 16, blocksPerPiece: 16 };

describe('blocks that come late', () => {
  it(
    'after a choke are taken; what is still missing is asked for at the unchoke',
    drawn((stage) => {
      const they = stage.peer('U-----1--C-234---U-----5-6-7-8-|');
      const asks = '           (1234)-----------(5678)------------';
      const result = '         ------1----234---------5-6-7-8-|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
      stage.asks(they).toBe(asks);
    }, eight),
  );

  it(
    'while another peer has been asked for them: that one gets a cancel',
    drawn((stage) => {
      const { words } = stage;
      const first = stage.peer(' U-----1--C---------2--------|');
      const second = stage.peer('--------------U--------3-4--|');
      const asks = '             (1234)-----------------------';
      const sends = '            --------------(bcd)X----------';
      const result = '          ------1------------2---3-4--|';
      const { blocksOf } = asker(stage);
      stage.gives(merge(blocksOf(first), blocksOf(second))).toBe(result);
      stage.asks(first).toBe(asks);
      stage
        .sends(second)
        .toBe(sends, { b: words.request(2), c: words.request(3), d: words.request(4), X: words.cancel(2) });
    }),
  );

  it(
    'and were written off are cancelled when they have come from another: within a second, once',
    drawn((stage) => {
      const { words } = stage;
      const first = stage.peer(' U 15s ---|');
      const second = stage.peer('11500ms U-----2-3 2s -|');
      const { blocksOf } = asker(stage);
      const asked = { p: words.request(1), q: words.request(2), r: words.request(3), s: words.request(4) };
      stage.gives(merge(blocksOf(first), blocksOf(second))).toBe('11500ms ------2-3 3495ms |');
      stage.sends(first).toBe('(pqrs) 11994ms (xy)', { ...asked, x: words.cancel(2), y: words.cancel(3) });
    }),
  );

  it(
    'and that another peer has sent already are dropped, and neither is at fault',
    drawn((stage) => {
      const first = stage.peer(' U-----1--C----------234--------|');
      const second = stage.peer('------------U----2-3-4----|');
      const result = '          ------1----------2-3-4---------|';
      const { blocksOf } = asker(stage);
      stage.gives(merge(blocksOf(first), blocksOf(second))).toBe(result);
    }),
  );

  it(
    'after a choke and a reject, which they crossed, are taken as well',
    drawn((stage) => {
      const { reject } = stage.words;
      const they = stage.peer('U-----1--C-abc-234---|', { a: reject(2), b: reject(3), c: reject(4) }, { fast: true });
      const result = '         ------1--------234---|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
    }, eight),
  );

  it(
    'as often as they were requested are no offence, however many chokes there were',
    drawn((stage) => {
      const they = stage.peer('U--C------U--C-1234-1234-U-----5-6-7-8-|');
      const asks = '           (1234)----(1234)---------(5678)----------';
      const result = '         ---------------1234------------5-6-7-8-|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
      stage.asks(they).toBe(asks);
    }, eight),
  );

  it(
    'are known from one unchoke to the next, and to the one after that',
    drawn((stage) => {
      const chokes = 'U--C 1006ms '.repeat(4);
      const they = stage.peer(`${chokes}U-1234-1234-1234-1234---5-6-7-8-|`);
      const result = '         4042ms 1234------------------5-6-7-8-|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
    }, eight),
  );

  it('after twelve chokes of the only seed: it stays, and nothing comes twice', () => {
    const { took, leavings, told, world } = fateAmong([chokesEvery(20, 300, 4)], { size });
    expect(took).toBeLessThan(6_000);
    expect(leavings(0)).toEqual([]);
    expect(world.dials.length).toBe(1);
    expect(told('done')[0]?.wasted).toBe(0);
  });

  it('after three chokes with four each from two seeds: neither is banned, or left', () => {
    const { leavings, told } = fateAmong([chokesEvery(40, 300, 4), chokesEvery(40, 300, 4)], { size });
    expect([leavings(0), leavings(1)]).toEqual([[], []]);
    expect(told('progress').at(-1)?.peers.banned).toBe(0);
  });
});

describe('a peer that chokes and unchokes us', () => {
  it(
    'is asked at once the first times, and then ten times a second until it gives something',
    drawn((stage) => {
      const they = stage.peer(`${'U 99ms C 99ms '.repeat(6)}U 398ms 1-|`);
      stage.gives(asker(stage).blocksOf(they)).toBe('1599ms 1-|');
      stage.asks(they).toBe('(1234) 194ms (1234) 194ms (12) 596ms (1234) 194ms (1234)');
    }, eight),
  );

  it('twelve times before it is steady is not left, and needs no more than a second for it', () => {
    const { took, leavings, world } = fateAmong([flaps(12, 100)], { size });
    expect(took).toBeLessThan(12 * 200 + 1_500);
    expect(leavings(0)).toEqual([]);
    expect(world.dials.length).toBe(1);
  });

  it('and has the fast extension, and rejects nothing, is asked again with the unchoke', () => {
    const { took, leavings } = fateAmong([chokesEvery(20, 300, 0, { fast: true })], { size });
    // Twelve chokes of 300 ms.
    expect(took).toBeLessThan(12 * 300 + 1_000);
    expect(leavings(0)).toEqual([]);
  });
});

describe('a peer with the fast extension that chokes and rejects nothing', () => {
  it(
    'is asked again at once when it unchokes us; what it gives of both is no lie',
    drawn((stage) => {
      const they = stage.peer('U-----1--C----U----2-3-4-2-|', {}, { fast: true });
      const asks = '           (1234)--------(234)----------';
      const result = '         ------1------------2-3-4---|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
      stage.asks(they).toBe(asks);
    }),
  );
});
