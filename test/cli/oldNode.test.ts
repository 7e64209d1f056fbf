import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Linter } from 'eslint';
import { describe, expect, it } from 'vitest';
import { problems } from '../json/problems.ts';
import { folder, MAIN, run, told } from './run.ts';

const built = dirname(MAIN);
const ENTRIES = ['main.js', 'start.js', 'demo/swarm.js', 'load.cjs'];

/** Flags for a Node that takes itself for another one. */
const taking = (version: string): readonly string[] => {
  const file = join(folder(), 'version.cjs');
  writeFileSync(file, `Object.defineProperty(process, 'version', { value: 'v${version}' });`);
  return ['-r', file];
};

const says = (version: string): string =>
  `rxtorrent: needs Node 20.19 or newer (this is ${version}): get it from https://nodejs.org\n`;

describe('a Node that is too old', () => {
  it.each(['6.17.1', '18.12.0', '20.18.3', '19.20.0'])('%s is told so, with exit code 2', async (version) => {
    expect(await run(['info', 'x.torrent'], { node: taking(version) })).toEqual({
      code: 2,
      stdout: '',
      stderr: says(version),
    });
  });

  it('is told so by npm start', async () => {
    const child = spawn(process.execPath, [...taking('18.12.0'), join(built, 'start.js')], { stdio: 'pipe' });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += String(text)));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(2);
    expect(stderr).toBe(says('18.12.0'));
  });

  it.each<[args: string[], env: Record<string, string>]>([
    [['--json', 'info', 'x'], {}],
    [['info', 'x', '--json=true'], {}],
    [['info', 'x'], { RXTORRENT_JSON: '1' }],
  ])('is told so with --json: %j %j', async (args, env) => {
    const { code, stdout, stderr } = await run(args, { node: taking('18.12.0'), env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: says('18.12.0') });
    const message = expect.stringContaining('needs Node 20.19') as string;
    expect(told(stdout)).toEqual([{ type: 'error', name: 'InputError', code: 'unsupported', message }]);
    expect(problems(stdout)).toEqual([]);
  });

  it.each<[args: string[], env: Record<string, string>]>([
    [['info', '--', '--json'], {}],
    [['info', 'x'], { RXTORRENT_JSON: '0' }],
  ])('and in no object without: %j %j', async (args, env) => {
    expect((await run(args, { node: taking('18.12.0'), env })).stdout).toBe('');
  });

  it.each(ENTRIES)('can read %s', (name) => {
    const code = readFileSync(join(built, name), 'utf8');
    const messages = new Linter().verify(code, { languageOptions: { ecmaVersion: 5, sourceType: 'script' } });
    expect(messages.map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
  });

  it('would not be found able to read what is newer', () => {
    const messages = new Linter().verify('const a = () => 1;', {
      languageOptions: { ecmaVersion: 5, sourceType: 'script' },
    });
    expect(messages).not.toEqual([]);
  });
});

describe('the Node that package.json asks for', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '100.0.0'])('%s is new enough', async (version) => {
    expect(await run(['decode', 'i1e'], { node: taking(version) })).toEqual({ code: 0, stdout: '1\n', stderr: '' });
  });

  it('is the one that is looked for', () => {
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe('>=20.19');
    expect(readFileSync(join(built, 'load.cjs'), 'utf8')).toContain('NEEDED = [20, 19]');
  });
});
