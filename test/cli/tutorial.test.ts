import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { folder, run } from './run.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const SECTION = '### From a download that stalls to a test that fails';

/** The commands of the tutorial, and the row that is written into the test, in their order. */
const steps = (): readonly string[] => {
  const [, rest = ''] = readFileSync(join(TOP, 'marbles/README.md'), 'utf8').split(SECTION);
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(/```(?:sh)?\n([^`]*)```/g)].flatMap(([, block = '']) => block.trimEnd().split('\n'));
};

/** A script with one more row, before the first that is later. */
const withRow = (source: string, row: string): string => {
  const lines = source.split('\n');
  const timeOf = (line: string): number => Number(/^ *(\d+)ms /.exec(line)?.[1] ?? -1);
  const later = lines.findIndex((line) => timeOf(line) > timeOf(row));
  const at = later < 0 ? lines.indexOf('`,') : later;
  return [...lines.slice(0, at), row, ...lines.slice(at)].join('\n');
};

const vitestIn = async (home: string, args: readonly string[]) => {
  try {
    const { stdout } = await promisify(execFile)('npx', args, { cwd: home, env: { ...process.env, VITEST: '' } });
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
};

it('marbles/README.md leads from a download that stalls to a test that fails', async () => {
  const home = folder();
  const content = contentOf({ length: 24 * 65_536, pieceLength: 65_536 });
  let requests = 0;
  const stalling = await peer(content, { onRequest: () => ++requests > 20 });
  writeFileSync(join(home, 'stalls.torrent'), content.metainfo);
  // The package, and what it is tested with, as if they were installed there.
  symlinkSync(join(TOP, 'node_modules'), join(home, 'node_modules'));
  const alias = { 'rxtorrent/marbles': join(TOP, 'dist/marbles/index.js') };
  writeFileSync(join(home, 'vitest.config.mjs'), `export default ${JSON.stringify({ resolve: { alias } })};`);
  const env = { RXTORRENT_NO_TRACKERS: '1', RXTORRENT_PEER: `127.0.0.1:${stalling.port}` };

  const done: string[] = [];
  for (const step of steps()) {
    const [program = '', ...args] = step.trim().split(/ +/);
    if (program === 'rxtorrent') {
      const { code, stdout, stderr } = await run(args, { cwd: home, env: args[0] === 'download' ? env : {} });
      expect({ code, stderr: code === 4 ? '' : stderr }).toEqual({ code: args[0] === 'download' ? 4 : 0, stderr: '' });
      done.push(args[0] === 'replay' ? (/the same/.exec(stdout)?.[0] ?? stdout) : (args[0] ?? ''));
    } else if (program === 'npx') {
      const { code, said } = await vitestIn(home, args);
      done.push(code === 0 ? 'passes' : (/not as drawn: at 3000ms was X 3\/0, is /.exec(said)?.[0] ?? said));
    } else {
      const test = join(home, 'stall.test.ts');
      writeFileSync(test, withRow(readFileSync(test, 'utf8'), step));
      done.push('changed');
    }
  }
  const fails = 'not as drawn: at 3000ms was X 3/0, is ';
  expect(done).toEqual(['download', 'the same', 'draw', 'draw', 'draw', 'draw', 'passes', 'changed', fails]);
});
