import type { Counted } from './caps.ts';
import { linesLike, linesOf, type Finding, type Source } from './source.ts';

/** Lines of an operator with its docs, and of any other file. */
export const OPERATOR_LINES = 150;
export const FILE_LINES = 300;
export const MEDIAN_LINES = 70;

/** Characters of a line. */
export const WIDTH = 120;

const capOf = (path: string): number => (path.startsWith('operators/') ? OPERATOR_LINES : FILE_LINES);

/** Files that are too long, by their paths. */
export const longFiles = (sources: readonly Pick<Source, 'path' | 'text'>[]): Counted =>
  new Map(
    sources
      .map((source) => ({ path: source.path, line: capOf(source.path) + 1, count: linesOf(source) }))
      .filter(({ line, count }) => count >= line)
      .map((found) => [found.path, found]),
  );

/** A drawing in quotes: a marble diagram cannot be wrapped. */
const DRAWING = /^ *(?:\w+: )?'[-a-z0-9 ()|#^!.]*-[-a-z0-9 ()|#^!.]*',?$/;

/** Lines that are too wide. */
export const wideLines = (source: Pick<Source, 'path' | 'text'>): readonly Finding[] =>
  linesLike(source, new RegExp(`^.{${WIDTH + 1},}$`, 'u'), (line) => line).flatMap(({ path, line, what }) =>
    path.startsWith('marbles/') && DRAWING.test(what)
      ? []
      : [{ path, line, what: `${what.length} characters; a line has at most ${WIDTH}` }],
  );

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
};

/** What faults are made of, which is drawn with them. */
const NO_FAULTS = ['fault', 'held', 'index', 'late', 'seeded', 'sendQueue'];

const nameOf = (path: string, ending: string): string => path.slice(path.lastIndexOf('/') + 1, -ending.length);

/**
 * Every operator and every fault has its drawing; every drawing is named after the operator, the source or the part of
 * the stage that it draws.
 */
export const undrawn = (paths: readonly string[]): readonly Finding[] => {
  const top = (folder: string, ending: string): readonly string[] =>
    paths.filter((path) => path.startsWith(`${folder}/`) && path.endsWith(ending) && path.split('/').length === 2);
  const operators = top('operators', '.ts').filter((path) => path !== 'operators/index.ts');
  const drawings = top('marbles', '.marbles.ts').map((path) => nameOf(path, '.marbles.ts'));
  const missing = operators.filter((path) => !drawings.includes(nameOf(path, '.ts')));
  const idle = drawings.filter(
    (name) => !paths.some((path) => !path.startsWith('test/') && path.endsWith(`/${name}.ts`)),
  );
  const faults = paths
    .filter((path) => path.startsWith('src/faults/') && !NO_FAULTS.includes(nameOf(path, '.ts')))
    .map((path) => ({ path, drawing: `marbles/faults/${nameOf(path, '.ts')}.marbles.ts` }))
    .filter(({ drawing }) => !paths.includes(drawing));
  return [
    ...faults.map(({ path, drawing }) => ({ path, line: 1, what: `has no drawing ${drawing}` })),
    ...missing.map((path) => ({ path, line: 1, what: `has no drawing marbles/${nameOf(path, '.ts')}.marbles.ts` })),
    ...idle.map((name) => ({ path: `marbles/${name}.marbles.ts`, line: 1, what: 'draws nothing that there is' })),
  ];
};
