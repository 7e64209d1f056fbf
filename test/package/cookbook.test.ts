import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ofProject } from './ofProject.ts';
import { compile, node, program, project, TOP } from './project.ts';

const FOLDER = join(TOP, 'marbles/strategies');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));
/** Drawings, and what stands in a file of its own: options of a download, or an operator on its events. */
const strategies = files.filter((name) => name.endsWith('.marbles.ts'));
const alone = files.filter((name) => !name.endsWith('.marbles.ts'));
/** Lines of such a one, without its imports and comments. */
const MAX_LINES = 8;

/** What runs the drawings that `all.NAME.js` imports in a project, and says how many there were. */
const RUNNERS = {
  vitest: { tests: 'vitest', run: [program('vitest/vitest.mjs'), 'run'], passed: /Tests\s+(\d+) passed/ },
  node: { tests: 'node:test', run: ['--test', '--test-reporter=tap'], passed: /^# pass (\d+)/m },
  jest: {
    tests: '@jest/globals',
    run: ['--experimental-vm-modules', program('jest/bin/jest.js')],
    passed: /Tests:\s+(\d+) passed/,
  },
} as const;
type Runner = keyof typeof RUNNERS;
const runners = Object.keys(RUNNERS) as readonly Runner[];
const fileOf = (strategy: string, runner: Runner): string => strategy.replace('.marbles.ts', `.${runner}.ts`);
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

const SETTINGS = {
  'vitest.config.js': "export default { test: { include: ['all.vitest.js'] } };",
  'jest.config.js': "export default { testMatch: ['**/all.jest.js'], transform: {} };",
};

describe('the cookbook', () => {
  it('is listed, each strategy once', () => {
    const listed = [...readFileSync(join(FOLDER, 'README.md'), 'utf8').matchAll(/\/(\w+\.marbles\.ts)\)/g)];
    expect(listed.map(([, name]) => name).sort()).toEqual([...strategies].sort());
  });

  it.each(alone)(`has %s in at most ${MAX_LINES} lines, and a drawing of it`, (name) => {
    const own = read(name)
      .replaceAll(/^import [^;]*;|\/\*[^]*?\*\/|\/\/.*/gm, '')
      .split('\n');
    expect(own.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(MAX_LINES);
    expect(strategies).toContain(name.replace('.ts', '.marbles.ts'));
  });
});

describe.each(['rxjs', 'rxjs-7.8.1'] as const)('the cookbook in a fresh project, with %s', (rxjs) => {
  let fresh: string;
  beforeAll(async () => {
    fresh = await project({ rxjs, packages: ['@types/node', '@jest/globals', 'vitest'] });
    for (const [name, text] of Object.entries(SETTINGS)) writeFileSync(join(fresh, name), text);
    for (const name of alone) writeFileSync(join(fresh, name), ofProject(read(name)));
    for (const runner of runners) {
      for (const name of strategies)
        writeFileSync(join(fresh, fileOf(name, runner)), ofProject(read(name), RUNNERS[runner].tests));
      // All in one file: each file costs a process, or a world of its own.
      const all = strategies.map((name) => `import './${fileOf(name, runner).replace('.ts', '.js')}';\n`);
      writeFileSync(join(fresh, `all.${runner}.ts`), all.join(''));
    }
  });

  it.each(['bundler', 'nodenext'] as const)('is compiled, as %s resolves', async (resolution) => {
    expect(await compile(fresh, { resolution, types: ['node'] })).toEqual({ code: 0, said: '' });
  });

  it.each(runners)('holds in %s', async (runner) => {
    const { run, passed } = RUNNERS[runner];
    const named = runner === 'node' ? ['all.node.js'] : [];
    const { code, said } = await node([...run, ...named], fresh, { NO_COLOR: '1' });
    expect(code, said).toBe(0);
    const drawings = strategies.flatMap((name) => read(name).match(/^ +it\(/gm) ?? []);
    expect(Number(passed.exec(said)?.[1]), said).toBeGreaterThanOrEqual(drawings.length);
  });
});
