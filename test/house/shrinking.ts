import { describe, expect, it } from 'vitest';
import { against } from './caps.ts';
import { checkedByNow, unchecked } from './invariants.ts';
import { FUNCTION_LINES, longFunctions } from './functions.ts';
import { LISTS, LONG_FILES, LONG_FUNCTIONS, MODULE_STATE, SUBJECTS, UNCHECKED } from './lists.ts';
import { idleExceptions } from './moduleState.ts';
import { longFiles } from './sizes.ts';
import { parse, type Source, tell } from './source.ts';
import { subjectsByRoom } from './words.ts';

/** Lines that a function on the list may lose before its cap is lowered. */
const SLACK = 10;

/** Tests of what is not yet as it should be everywhere: it is listed, and the lists only become shorter. */
export const shrinks = (product: readonly Source[], all: readonly Source[]): void => {
  describe('what is listed becomes less', () => {
    it('has an exception for no state of a module that has gone', () => {
      expect(idleExceptions(product, MODULE_STATE)).toEqual([]);
      expect(idleExceptions([parse('src/a.ts', 'const a = new A();')], { 'src/a.ts a': '', 'src/a.ts b': '' })).toEqual(
        ['src/a.ts b'],
      );
    });

    it('checks the invariants that it claims', () => {
      expect(tell(unchecked(product, all, UNCHECKED))).toEqual([]);
      expect(checkedByNow(product, all, UNCHECKED)).toEqual([]);
    });

    it('would notice an invariant that nobody checks', () => {
      const claimed = (members: string): Source =>
        parse('src/a.ts', `/** Holds. Invariants: it does. */\nexport class A { ${members} }`);
      const test = parse('test/a.test.ts', 'const a = new A(); a.check();');
      const [missing, idle] = [claimed('held = 0;'), claimed('check(): void {}')];
      expect(tell(unchecked([missing], [missing, test], []))).toEqual([
        'src/a.ts:2 A claims an invariant and has no check()',
      ]);
      expect(tell(unchecked([idle], [idle, parse('test/b.test.ts', 'b.check();')], []))).toEqual([
        'src/a.ts:2 no test calls the check() of A',
      ]);
      expect(tell(unchecked([missing], [missing], ['src/a.ts A']))).toEqual([]);
      expect(tell(unchecked([idle, parse('src/b.ts', '/** Holds. */ class B {}')], [idle, test], []))).toEqual([]);
      expect(checkedByNow([idle], [idle, test], ['src/a.ts A', 'src/b.ts B'])).toEqual(['src/a.ts A', 'src/b.ts B']);
      expect(checkedByNow([missing], [missing, test], ['src/a.ts A'])).toEqual([]);
    });

    it('has no more Subjects in a room than it had', () => {
      expect(tell(against(SUBJECTS, subjectsByRoom(product), LISTS, 'Subjects'))).toEqual([]);
    });

    it('would notice one Subject more, and one less', () => {
      const two = [
        parse('src/net/a.ts', 'const f = () => [new Subject(), new ReplaySubject(1)];'),
        parse('marbles/a.ts', 'new Subject();'),
      ];
      expect(tell(against({ world: 2 }, subjectsByRoom(two), LISTS, 'Subjects'))).toEqual([]);
      expect(tell(against({ world: 1 }, subjectsByRoom(two), LISTS, 'Subjects'))).toEqual([
        'src/net/a.ts:1 world: 2 Subjects, at most 1',
      ]);
      expect(tell(against({ world: 3, client: 1 }, subjectsByRoom(two), LISTS, 'Subjects'))).toEqual([
        `${LISTS}:1 world: 2 Subjects of 3: lower the cap to 2`,
        `${LISTS}:1 client: 0 Subjects of 1: take it off the list`,
      ]);
    });

    it('has files of at most 300 lines, and operators of 150', () => {
      expect(tell(against(LONG_FILES, longFiles(all), LISTS, 'lines', SLACK))).toEqual([]);
    });

    it('would notice a file that is too long', () => {
      const file = (path: string, lines: number): Source => parse(path, 'a;\n'.repeat(lines));
      const files = [
        file('operators/a.ts', 150),
        file('operators/b.ts', 151),
        file('src/a.ts', 300),
        file('test/a.ts', 301),
      ];
      expect([...longFiles(files).keys()]).toEqual(['operators/b.ts', 'test/a.ts']);
    });

    it(`has functions of at most ${FUNCTION_LINES} lines`, () => {
      expect(tell(against(LONG_FUNCTIONS, longFunctions(product), LISTS, 'lines', SLACK))).toEqual([]);
    });

    it('would notice a function that is too long, or has become shorter', () => {
      const lines = (count: number): string => 'b();\n'.repeat(count);
      const long = [
        parse('src/a.ts', `const f = () => {\n${lines(39)}};`),
        parse(
          'src/b.ts',
          `class A {\n  constructor() {\n${lines(38)}}\n  m() {\n${lines(20)}const g = () => {\n${lines(40)}};\n}\n}`,
        ),
        parse('src/c.ts', `class A {\n${'a = 1;\n'.repeat(50)}}`),
      ];
      expect([...longFunctions(long)].map(([name, { count, line }]) => `${name} ${count} ${line}`)).toEqual([
        'src/a.ts f 41 1',
        'src/b.ts A.m 64 42',
        'src/b.ts A.m.g 42 63',
      ]);
    });
  });
};
