/** Where a strategy finds in this checkout what a project has from the package. */
const PUBLIC: Readonly<Record<string, string>> = {
  '../../src/index.ts': 'rxtorrent',
  '../../operators/index.ts': 'rxtorrent/operators',
  '../index.ts': 'rxtorrent/marbles',
};

/** The text of a strategy, with the imports that it has in a project; drawings are the tests of `tests`. */
export const ofProject = (text: string, tests = 'vitest'): string =>
  text
    .replaceAll(/ from '(\.\.[^']*)'/g, (_, from: string) => ` from '${PUBLIC[from] ?? `unknown:${from}`}'`)
    .replaceAll(/ from '(\.\/[^']*)\.ts'/g, " from '$1.js'")
    .replaceAll("from 'vitest'", `from '${tests}'`);
