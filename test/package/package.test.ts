import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, node, program, project, tarball, TOP } from './project.ts';

const DONE = { code: 0, said: '' };
/** Where the sources are that a README leads to. */
const HOME = 'https://github.com/rxtorrent/rxtorrent/blob/main/';
const ENTRIES = ['rxtorrent', 'rxtorrent/operators', 'rxtorrent/marbles', 'rxtorrent/faults'];
const READMES = ['README.md', 'operators/README.md', 'marbles/README.md', 'marbles/strategies/README.md'];

/** What a function returns, an Observable emits, a class makes: written out by the compiler wherever it has a name. */
const ON_TOP = [
  "import type { Observable } from 'rxjs';",
  "import * as all from 'rxtorrent';",
  "import * as stage from 'rxtorrent/marbles';",
  'declare function made<R>(of: (...args: never) => (...args: never) => Observable<R>): R;',
  'declare function made<R>(of: (...args: never) => Observable<R>): R;',
  'declare function made<R>(of: (...args: never) => R): R;',
  'declare function made<R>(of: new (...args: never) => R): R;',
  'declare function made<R>(of: R): R;',
];

let fresh: string;
beforeAll(async () => {
  fresh = await project({ packages: ['@types/node'] });
});

describe('the package', () => {
  it('is as publint wants it', async () => {
    const { code, said } = await node([program('publint/src/cli.js'), 'run', await tarball(), '--strict'], TOP);
    expect(said).toContain('All good!');
    expect(code).toBe(0);
  });

  it('has types that are found in each way of resolving an ES module', async () => {
    const attw = program('@arethetypeswrong/cli/dist/index.js');
    const { code, said } = await node([attw, await tarball(), '--profile', 'esm-only', '--format', 'ascii'], TOP);
    expect(code, said).toBe(0);
  });

  it.each(['nodenext', 'bundler'] as const)(
    'has types that need no other types, as %s resolves them',
    async (resolution) => {
      writeFileSync(join(fresh, 'all.ts'), ENTRIES.map((name, n) => `export * as all${n} from '${name}';\n`).join(''));
      expect(await compile(fresh, { resolution, include: ['all.ts'] })).toEqual(DONE);
    },
  );

  it('exports a name for all that its functions return, for libraries on top of it', async () => {
    const keys = `import * as all from 'rxtorrent'; import * as stage from 'rxtorrent/marbles';
      console.log(JSON.stringify([Object.keys(all), Object.keys(stage)]));`;
    const { said } = await node(['--input-type=module', '-e', keys], fresh);
    const [all = [], stage = []] = JSON.parse(said) as readonly (readonly string[])[];
    const made = (from: string, names: readonly string[]): readonly string[] =>
      names.map((name) => `export const ${from}_${name} = made(${from}.${name});`);
    writeFileSync(join(fresh, 'onTop.ts'), [...ON_TOP, ...made('all', all), ...made('stage', stage)].join('\n'));
    expect(all.length).toBeGreaterThan(100);
    expect(await compile(fresh, { resolution: 'nodenext', include: ['onTop.ts'] })).toEqual(DONE);
  });

  it('runs with nothing installed but its dependencies and RxJS', async () => {
    const all = ENTRIES.map((name) => `import '${name}';`).join(' ');
    expect(await node(['--input-type=module', '-e', all], fresh)).toEqual(DONE);
  });

  it('has a command line that starts', async () => {
    const { code, said } = await node([join(fresh, 'node_modules/rxtorrent/dist/src/cli/main.js'), '--version'], fresh);
    expect([code, said.trim()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  });
});

/** Where the links of a text lead, without those to places in it. */
const linksOf = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, to = '']) => to);

describe.each(READMES)('%s', (path) => {
  const links = (): readonly string[] => linksOf(readFileSync(join(fresh, 'node_modules/rxtorrent', path), 'utf8'));

  it('is in the package, and what it leads to there, too; all else by full URLs', () => {
    const there = (to: string): boolean => existsSync(join(fresh, 'node_modules/rxtorrent', dirname(path), to));
    expect(links().filter((to) => !/^https?:/.test(to) && !there(to))).toEqual([]);
  });

  it(`leads to sources that there are: ${HOME}…`, () => {
    const sources = links().filter((to) => to.startsWith(HOME.replace('/blob/main/', '/')));
    expect(sources.filter((to) => !to.startsWith(HOME) || !existsSync(join(TOP, to.slice(HOME.length))))).toEqual([]);
  });
});
