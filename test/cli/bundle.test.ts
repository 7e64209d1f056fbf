import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { folder, MAIN } from './run.ts';

const built = dirname(MAIN);

/** Runs `code` in a Node of its own, where the bundle in `cli` is. */
const node = (cli: string, code: string, ...flags: readonly string[]): string =>
  execFileSync(process.execPath, [...flags, '-e', code], {
    cwd: cli,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: process.env['PATH'] },
  }).trim();

const REFUSED = `
  const { compiled, script } = require('./load.cjs');
  console.log(script(fs.openSync(compiled)).cachedDataRejected);`;

/** A copy, to be broken, in a package of its own. */
const copied = (): string => {
  const root = folder();
  writeFileSync(join(root, 'package.json'), '{ "version": "9.8.7" }');
  const cli = join(root, 'dist', 'src', 'cli');
  cpSync(built, cli, { recursive: true });
  return cli;
};
const version = (cli: string): string =>
  execFileSync(process.execPath, [join(cli, 'main.js'), '--version'], { encoding: 'utf8' }).trim();

describe('the bundle', () => {
  it('is compiled when it is built, and V8 takes what was compiled', () => {
    expect(node(built, REFUSED)).toBe('false');
    expect(node(built, REFUSED, '--no-opt')).toBe('true');
  });

  it('has compiled what everyday commands run, and not the rest', () => {
    const sizes = `
      const { compiled, script } = require('./load.cjs');
      v8.setFlagsFromString('--no-lazy');
      console.log(fs.statSync(compiled).size / script().createCachedData().length);`;
    expect(Number(node(built, sizes))).toBeGreaterThan(0.4);
    expect(Number(node(built, sizes))).toBeLessThan(0.75);
  });

  it('starts without what was compiled, and when it is of no use', () => {
    const cli = copied();
    const compiled = join(cli, readdirSync(cli).find((name) => name.endsWith('.bin')) ?? 'none');
    expect(version(cli)).toBe('9.8.7');
    truncateSync(compiled, 1000);
    expect(node(cli, REFUSED)).toBe('true');
    expect(version(cli)).toBe('9.8.7');
    rmSync(compiled);
    expect(version(cli)).toBe('9.8.7');
  });

  it('loads what only some downloads need when it is needed', () => {
    const loaded = `
      process.argv = [process.execPath, 'main.js', 'demo', '--size', '1M', '--quiet'];
      process.on('exit', () => console.log(process.exitCode ?? 0, process.moduleLoadList.join(', ')));
      require('./load.cjs').load().main();`;
    const said = node(built, loaded);
    expect(said).toMatch(/^0 /m);
    expect(said).toMatch(/NativeModule (?:_http_client|http)\b/);
    expect(said.match(/NativeModule (?:https|tls|_tls_wrap|zlib|worker_threads)\b/)).toBe(null);
  });

  it('loads for a download from plain peers no part of Node that starts programs or looks at the heap', () => {
    const home = folder();
    const file = join(home, 'a.torrent');
    writeFileSync(file, encodeTorrent({ name: 'a', pieceLength: 16_384, length: 1, pieceHashes: new Uint8Array(20) }));
    const alone = ['--no-trackers', '--no-dht', '--no-lsd', '--no-listen', '--peer', '127.0.0.1:9', '--timeout', '1'];
    const args = JSON.stringify(['download', file, '-o', home, '--quiet', ...alone]);
    const loaded = `
      process.argv = [process.execPath, 'main.js', ...${args}];
      process.on('exit', () => {
        console.log(process.exitCode, process.moduleLoadList.join(', '));
        process.exitCode = 0;
      });
      require('./load.cjs').load().main();`;
    const said = node(built, loaded);
    expect(said).toMatch(/^4 .*NativeModule net\b/m);
    expect(said.match(/NativeModule (?:v8|child_process|tls|zlib)\b/)).toBe(null);
  });

  it('needs nothing beside it but Node', () => {
    const text = readFileSync(join(built, 'rxtorrent.cjs'), 'utf8');
    const needed = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name as string);
    expect(needed.length).toBeGreaterThan(20);
    expect(needed.filter((name) => !isBuiltin(name))).toEqual([]);
  });
});
