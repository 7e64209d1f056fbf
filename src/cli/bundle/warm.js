// Runs everyday commands of the command line in the folder that is its argument, in this process, and keeps what V8 has
// made of it: `node warm.js dist/src/cli`.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';

const cli = path.resolve(process.argv[2]);
const { compiled, run, script } = createRequire(import.meta.url)(path.join(cli, 'load.cjs'));
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-build-'));
process.on('exit', () => fs.rmSync(home, { recursive: true, force: true }));
// The state folder, and what the demo makes, are in it.
for (const name of Object.keys(process.env)) if (name.startsWith('RXTORRENT_')) delete process.env[name];
process.env.XDG_STATE_HOME = home;
process.env.TMPDIR = home;

const file = path.join(home, 'file');
const torrent = path.join(home, 'file.torrent');
fs.writeFileSync(file, Buffer.alloc(300_000));

const alone = ['--no-dht', '--no-lsd', '--no-trackers', '--no-port-mapping', '--json'];
let peer = '';
/** A seed in another process, from which what is recorded is downloaded. */
const seed = (then) => {
  const child = spawn(process.execPath, [path.join(cli, 'main.js'), 'seed', torrent, home, ...alone], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  let told = '';
  child.stdout.on('data', (bytes) => {
    told += bytes;
    const [, port] = /"type":"port-open".*"port":(\d+)/.exec(told) ?? [];
    if (port === undefined || peer !== '') return;
    peer = `127.0.0.1:${port}`;
    child.unref();
    child.stdout.unref();
    then();
  });
  child.on('exit', () => peer === '' && then());
};
const recorded = () => {
  const [out, to] = [path.join(home, 'out') + path.sep, path.join(home, 'a.rxrec')];
  return ['download', torrent, '-o', out, '--record', to, '--peer', peer, '--no-listen', ...alone];
};

const commands = [
  ['--version'],
  ['create', file, '-o', torrent],
  ['info', torrent, '--json'],
  ['verify', torrent, file],
  ['demo', '--size', '2M', '--json'],
  ['demo', '--size', '2M'],
  seed,
  recorded,
];

// Otherwise what has run but once is thrown away while the rest runs.
v8.setFlagsFromString('--no-flush-bytecode');
const whole = script();
const failed = [];

/** Each runs until nothing is left to be done: that is told once for each time that there was something. */
const next = () => {
  if (process.exitCode) failed.push(process.argv.slice(2).join(' '));
  process.exitCode = undefined;
  let command = commands.shift();
  if (command === seed) return seed(next);
  if (command === recorded) command = recorded();
  if (command !== undefined) {
    process.argv = [process.argv[0], path.join(cli, 'main.js'), ...command];
    return void setImmediate(() => run(whole).main());
  }
  process.off('beforeExit', next);
  v8.setFlagsFromString('--flush-bytecode');
  if (failed.length === 0) return fs.writeFileSync(compiled, whole.createCachedData());
  console.error(`not compiled, as they failed: ${failed.join(', ')}`);
  process.exitCode = 1;
};
process.on('beforeExit', next);
next();
