import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../../../src/torrent/geometry.ts';
import { type Copy, SmartBan } from '../../../src/torrent/pieces/smartBan.ts';

/** A copy drawn as who sent each block; a capital letter is a wrong block. `!` after it: another wrong block. */
const copy = (
  drawn: string,
  { index = 0, tail = BLOCK }: { readonly index?: number; readonly tail?: number } = {},
): Copy<string> => {
  const blocks = drawn.match(/[a-z]!?/gi) ?? [];
  const bytes = new Uint8Array((blocks.length - 1) * BLOCK + tail);
  blocks.forEach((block, n) =>
    bytes.fill(/[A-Z]/.test(block) ? (block.endsWith('!') ? 200 : 100) + n : n, n * BLOCK, (n + 1) * BLOCK),
  );
  return { index, bytes, from: blocks.map((block) => (block[0] as string).toLowerCase()), valid: !/[A-Z]/.test(drawn) };
};
const named = (...copies: readonly Copy<string>[]): string[] => {
  const suspects = new SmartBan<string>();
  return copies.map((one) => suspects.examine(one).sort().join(''));
};

describe('who spoiled a piece', () => {
  it.each([
    ['nobody, of a good piece', ['abc'], ['']],
    ['cannot be told of a piece of several', ['aBc'], ['']],
    ['is the only one who sent it', ['AAA'], ['a']],
    ['is the only one who sent it, though only one block is wrong', ['aAa'], ['a']],
    ['is who sent what the good copy has otherwise', ['aBc', 'aaa'], ['', 'b']],
    ['may be several', ['aBC', 'ddd'], ['', 'bc']],
    ['is not who sent the good copy, though it took part in the bad one', ['aBa', 'aaa'], ['', 'b']],
    ['is found in all bad copies', ['aBc', 'Dbc', 'aaa'], ['', 'b', 'bd']],
    ['is who sent two versions of one block', ['aBc', 'aB!c'], ['', 'b']],
    ['is who sent a wrong version and then the right one', ['aBc', 'Dbc'], ['', 'b']],
    ['is named only once the evidence is there', ['aBc', 'aBc', 'ccc'], ['', '', 'b']],
    ['is forgotten after the good copy', ['aBc', 'aaa', 'aaa'], ['', 'b', '']],
  ])('%s', (_, copies, expected) => {
    expect(named(...copies.map((one) => copy(one)))).toEqual(expected);
  });

  it('is found in a last block that is shorter', () => {
    expect(named(copy('aB', { tail: 7 }), copy('aa', { tail: 7 }))).toEqual(['', 'b']);
  });

  it('is told of each piece by itself', () => {
    expect(named(copy('aBc', { index: 1 }), copy('aaa', { index: 2 }), copy('aaa', { index: 1 }))).toEqual([
      '',
      '',
      'b',
    ]);
  });

  it('is forgotten when 64 other pieces were corrupt since', () => {
    const others = Array.from({ length: 64 }, (_, n) => copy('aBc', { index: n + 1 }));
    expect(named(copy('aBc'), ...others, copy('aaa')).at(-1)).toBe('');
    expect(named(copy('aBc'), ...others.slice(1), copy('aaa')).at(-1)).toBe('b');
  });

  it('is remembered of the last eight copies', () => {
    const copies = ['Zbc', ...Array.from({ length: 8 }, (_, n) => `a${'EFGHIJKL'[n]}c`)].map((one) => copy(one));
    expect(named(...copies, copy('aaa')).at(-1)).toBe('efghijkl');
  });

  it('is never an innocent', () => {
    const senders = fc.constantFrom('a', 'b', 'c', 'D', 'E', 'E!');
    fc.assert(
      fc.property(fc.array(fc.array(senders, { minLength: 3, maxLength: 3 }), { maxLength: 12 }), (copies) => {
        const suspects = new SmartBan<string>();
        for (const blocks of copies)
          for (const liar of suspects.examine(copy(blocks.join('')))) expect('de').toContain(liar);
      }),
    );
  });

  it('is always found among those who sent something wrong when there is a good copy', () => {
    const senders = fc.constantFrom('a', 'b', 'c', 'D', 'E', 'E!');
    fc.assert(
      fc.property(fc.array(fc.array(senders, { minLength: 3, maxLength: 3 }), { maxLength: 8 }), (copies) => {
        const suspects = new SmartBan<string>();
        const found = new Set<string>();
        const guilty = new Set(
          copies
            .flat()
            .filter((sender) => /[A-Z]/.test(sender))
            .map((sender) => (sender[0] as string).toLowerCase()),
        );
        for (const blocks of [...copies, ['a', 'a', 'a']])
          for (const liar of suspects.examine(copy(blocks.join('')))) found.add(liar);
        expect([...found].sort()).toEqual([...guilty].sort());
      }),
    );
  });
});
