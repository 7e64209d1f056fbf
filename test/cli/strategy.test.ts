import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { folder, objects, run, start } from './run.ts';

const module = (text: string): string => {
  const path = join(folder(), 'mine.mjs');
  writeFileSync(path, text);
  return path;
};

/** In which order its pieces are stored, when the order is that of a module. */
const storedBy = async (strategy: string): Promise<readonly unknown[]> => {
  const content = contentOf({ length: 6 * 16_384, pieceLength: 16_384 });
  const seed = await peer(content, { bytesPerSecond: 500_000 });
  const home = folder();
  const file = join(home, 'a.torrent');
  writeFileSync(file, content.metainfo);
  const from = ['--no-trackers', '--peer', `127.0.0.1:${seed.port}`];
  const { code, stdout, stderr } = await run(
    ['download', file, '-o', `${home}/out/`, '--strategy', strategy, '--json', ...from],
    {},
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return objects(stdout).flatMap(({ type, index }) => (type === 'stored' ? [index] : []));
};

describe('--strategy', () => {
  it.each([
    ['an export', 'export const order = ({ index: a }, { index: b }) => b - a;'],
    ['a default export', 'export default { order: ({ index: a }, { index: b }) => b - a };'],
    [
      'a function of the library',
      'export default ({ firstBy, inOrder }) => ({ order: firstBy((one, other) => inOrder(other, one)) });',
    ],
  ])('replaces a part of the download: %s', async (_, text) => {
    const indices = await storedBy(module(text));
    expect(indices.slice().sort()).toEqual([0, 1, 2, 3, 4, 5]);
    // A few are asked for together, and need not come in the order of the questions.
    expect(indices.indexOf(5)).toBeLessThan(indices.indexOf(0));
  });

  it('is read again when the file changes, with --watch; a version that is broken leaves the one before', async () => {
    const content = contentOf({ length: 32 * 16_384, pieceLength: 16_384 });
    const seed = await peer(content, { bytesPerSecond: 80_000 });
    const home = folder();
    writeFileSync(join(home, 'a.torrent'), content.metainfo);
    const orderBy = (what: string): string => `export const order = ({ index: a }, { index: b }) => ${what};`;
    const strategy = module(`${orderBy('a - b')} export const window = 1;`);
    const args = ['-o', `${home}/out/`, '--no-trackers', '--peer', `127.0.0.1:${seed.port}`, '--strategy', strategy];
    const { ended, says } = start(['download', join(home, 'a.torrent'), '--json', '--watch', ...args]);
    await says(/"type":"stored"/);
    writeFileSync(strategy, 'export const order = (');
    await says(/does not parse: .*; the strategy before stays in command/);
    writeFileSync(strategy, `${orderBy('b - a')} export const window = 1;`);
    await says(/has changed: its strategy is obeyed from now on/);
    const { code, stdout } = await ended;
    const told = objects(stdout);
    const stored = told.flatMap(({ type, index }) => (type === 'stored' ? [index as number] : []));
    // From the beginning first, then from the end.
    expect(stored[0]).toBe(0);
    expect(stored.indexOf(31)).toBeLessThan(31);
    expect(stored.slice(stored.indexOf(31) + 1).every((index, at, all) => at === 0 || index < (all[at - 1] ?? 0))).toBe(
      true,
    );
    // Nothing is lost, and nothing comes twice.
    expect(told.at(-1)).toMatchObject({ reason: 'complete', downloaded: 32 * 16_384, wasted: 0 });
    expect(code).toBe(0);
  });

  it.each([
    [['--watch'], '--watch reads a strategy again: give --strategy, too'],
    [['--watch', '--strategy', 'a.mjs', '--record', 'a.rxrec'], '--record: how a strategy changes is not recorded'],
  ])('refuses %s', async (options, why) => {
    const { code, stderr } = await run(['download', 'a.torrent', ...options]);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });

  it.each([
    ['a value', 'export const select = [[1, 1]];'],
    ['a function', 'export const select = ({ files }) => [[files.length - 1, 1]];'],
    ['a stream', `import { of } from '${import.meta.resolve('rxjs')}'; export const select = of([[1, 1]]);`],
  ])('selects files by %s', async (_, text) => {
    const files = ['a', 'b'].map((name) => ({ path: [name], length: 20_000 }));
    const content = contentOf({ name: 'two', files, pieceLength: 16_384 });
    const seed = await peer(content);
    const home = folder();
    writeFileSync(join(home, 'a.torrent'), content.metainfo);
    const args = ['-o', `${home}/out/`, '--no-trackers', '--peer', `127.0.0.1:${seed.port}`, '--json'];
    const { code, stdout } = await run(['download', join(home, 'a.torrent'), ...args, '--strategy', module(text)]);
    expect(code).toBe(0);
    const [done] = objects(stdout).filter(({ type }) => type === 'done');
    expect(done).toMatchObject({ length: 20_000, paths: [expect.stringMatching(/two\/b$/)] });
  });

  it('refuses a selection of files that is none', async () => {
    const content = contentOf({ length: 16_384, pieceLength: 16_384 });
    const home = folder();
    writeFileSync(join(home, 'a.torrent'), content.metainfo);
    const args = ['-o', `${home}/out/`, '--no-trackers', '--peer', '127.0.0.1:1'];
    const strategy = module(`export const select = ['b'];`);
    const { code, stderr } = await run(['download', join(home, 'a.torrent'), ...args, '--strategy', strategy]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('select ["b"]: expected pairs of numbers of files')]);
  });

  it('may bring a library of its own along, whose options and errors are understood', async () => {
    const strategy = module(`
      import { mergeMap, throwError } from '${import.meta.resolve('rxjs-7.8.1')}';
      class PeerError extends Error {
        name = 'PeerError';
        code = 'useless';
      }
      export const converse = [mergeMap(() => throwError(() => new PeerError('not this one')))];
      export const maxPeers = 3;
    `);
    const content = contentOf({ length: 16_384, pieceLength: 16_384 });
    const seed = await peer(content);
    const home = folder();
    writeFileSync(join(home, 'a.torrent'), content.metainfo);
    const args = ['-o', `${home}/out/`, '--no-trackers', '--peer', `127.0.0.1:${seed.port}`, '--strategy', strategy];
    const { code, stdout } = await run(['download', join(home, 'a.torrent'), '--json', ...args]);
    expect(code).toBe(4);
    expect(stdout).toContain('"lost":{"useless":1}');
  });

  it.each([
    ['is missing', undefined, 'there is no such file'],
    ['does not parse', 'export const order = ( => 1;', "does not parse: Unexpected token '=>'"],
    ['can not be loaded', "import 'nowhere';", "can't be loaded: Cannot find package 'nowhere' imported from .*"],
    ['throws', "throw new Error('first\\nsecond');", "can't be loaded: first"],
    ['throws something else', 'throw undefined;', "can't be loaded: undefined"],
    ['has a function that throws', "export default () => { throw new Error('why'); };", 'fails: why'],
    ['exports nothing', '', 'exports none of order, choker, .*'],
    ['exports nothing useful', 'export const a = 1; export default { b: 2 };', 'exports none of order, choker, .*'],
    ['exports no function', "export const order = 'rarest';", 'order is not a function or a stream of them'],
    ['exports no stream', 'export const peers$ = [];', 'peers$ is not a stream'],
    ['exports no number', "export const maxPeers = '5';", 'maxPeers is not a number or a stream of them'],
  ])('says in one line what is wrong with a module that %s', async (_, text, why) => {
    const path = text === undefined ? '/nowhere/mine.mjs' : module(text);
    const { code, stdout, stderr } = await run(['download', 'a.torrent', '--strategy', path]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(new RegExp(`^rxtorrent: --strategy ${path}: ${why.replace('$', '\\$')}\n$`));
  });
});
