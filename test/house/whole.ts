import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { circles, roomOf } from './layers.ts';
import { unmapped } from './map.ts';
import { TERMS, unfound } from './terms.ts';
import { linesOf, parse, tell, type Source } from './source.ts';
import { elsewhere, leftOvers } from './words.ts';
import { MEDIAN_LINES, median, undrawn } from './sizes.ts';

/** Tests of what no file alone shows. */
export const asAWhole = (
  product: readonly Source[],
  all: readonly Source[],
  texts: readonly Pick<Source, 'path' | 'text'>[],
): void => {
  it('has no import circles', () => {
    expect(tell(circles(product))).toEqual([]);
  });

  it('would notice a circle', () => {
    const circle = [parse('src/a.ts', "import { b } from './b.ts';"), parse('src/b.ts', "import { a } from './a.ts';")];
    expect(tell(circles(circle))).toEqual(['src/b.ts:1 closes a circle: src/a.ts → src/b.ts → src/a.ts']);
    const throughTypes = [
      parse('src/a.ts', "import type { B } from './b.ts';"),
      parse('src/b.ts', "import('./a.ts');"),
    ];
    expect(tell(circles(throughTypes))).toEqual(['src/b.ts:1 closes a circle: src/a.ts → src/b.ts → src/a.ts']);
    const line = [
      parse('src/a.ts', "import type { C } from './c.ts';"),
      parse('src/b.ts', "import { a } from './a.ts';"),
      parse('src/c.ts', ''),
    ];
    expect(circles(line)).toEqual([]);
  });

  it('has a drawing for each operator and each fault', () => {
    expect(tell(undrawn(all.map(({ path }) => path)))).toEqual([]);
  });

  it('would notice an operator without a drawing, and a drawing without an operator', () => {
    expect(
      tell(
        undrawn([
          'operators/index.ts',
          'operators/a.ts',
          'src/faults/index.ts',
          'src/faults/c.ts',
          'marbles/b.marbles.ts',
          'test/b.ts',
          'marbles/stage.ts',
          'marbles/stage.marbles.ts',
        ]),
      ),
    ).toEqual([
      'src/faults/c.ts:1 has no drawing marbles/faults/c.marbles.ts',
      'operators/a.ts:1 has no drawing marbles/a.marbles.ts',
      'marbles/b.marbles.ts:1 draws nothing that there is',
    ]);
  });

  it(`has files of fewer than ${MEDIAN_LINES} lines, by the median`, () => {
    expect(median(all.filter(({ path }) => /^(src|operators)\//.test(path)).map(linesOf))).toBeLessThan(MEDIAN_LINES);
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });

  it('has a map, in src/README.md, of each room and all that is in it', () => {
    const map = texts.find(({ path }) => path === 'src/README.md');
    expect(
      tell(
        map === undefined
          ? []
          : unmapped(
              map,
              all.map(({ path }) => path),
            ),
      ),
    ).toEqual([]);
    expect(map).toBeDefined();
  });

  it('would notice a file that is not on the map, and a room that there is not', () => {
    const map = { path: 'src/README.md', text: '| `a/` | is here | b |\n| `c/` | has gone | d |' };
    expect(tell(unmapped(map, ['src/a/b.ts', 'src/a/e.ts']))).toEqual([
      'src/README.md:1 a/ holds: b e',
      'src/README.md:1 there is no c/',
    ]);
  });

  it('needs at run time what it imports and nothing else, but for the command line, which has all in one file', () => {
    const outside = product
      .filter(({ path }) => roomOf(path) !== 'cli' && !path.startsWith('marbles/s'))
      .flatMap(importsOf);
    const names = outside
      .filter(({ to }) => /^[a-z@]/.test(to) && !/^(node:|src\/|operators\/|marbles\/|test\/)/.test(to))
      .map(({ to }) => to.split('/')[0]);
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as Record<string, object>;
    expect(Object.keys({ ...dependencies, ...peerDependencies }).sort()).toEqual([...new Set(names)].sort());
  });

  it('shows a reader that types a term of the field the file that holds it, with two exceptions at the most', () => {
    const paths = product.map(({ path }) => path);
    expect(TERMS).toHaveLength(33);
    expect(tell(unfound(TERMS, paths)).length, tell(unfound(TERMS, paths)).join('\n')).toBeLessThanOrEqual(2);
  });

  it('would notice a term that leads elsewhere, or to a crowd', () => {
    const term = { term: 'choker', typed: /chok/i, file: 'src/choker.ts' };
    expect(unfound([term], ['src/choker.ts', 'src/choke/a.ts'])).toEqual([]);
    expect(tell(unfound([term], ['src/fair.ts', 'src/chokes.ts']))).toEqual([
      'src/choker.ts:1 choker: is not among src/chokes.ts',
    ]);
    const crowd = Array.from({ length: 12 }, (_, n) => `src/choke${n}.ts`);
    expect(tell(unfound([term], ['src/choker.ts', ...crowd]))).toEqual(['src/choker.ts:1 choker: is one of 13']);
  });

  it('opens bencode by one door', () => {
    const doors = product.filter(({ text }) => /from 'bencode'/.test(text)).map(({ path }) => path);
    expect(doors).toEqual(['src/protocol/encoding/bencode.ts']);
  });

  it('speaks of itself only in what is not code, too', () => {
    expect(tell(texts.flatMap((text) => [...elsewhere(text), ...leftOvers(text)]))).toEqual([]);
  });
};
