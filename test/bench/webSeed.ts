import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { figure, measure, median, MiB, ratio, spread, table } from './measure.ts';
import { HOST, isolated, started } from './processes.ts';

/** MiB of content, if not 1024. */
const LENGTH = Number(process.argv[2] ?? 1024) * MiB;
const ROUNDS = 5;
const PORT = 17_810;
const CLI = 'dist/src/cli/main.js';
const URL = `http://${HOST}:${PORT}/content`;
const ALONE = ['--no-dht', '--no-lsd', '--no-trackers', '--no-listen', '--quiet'];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-bench-'));
const at = (name: string): string => path.join(folder, name);
const env = { ...process.env, XDG_STATE_HOME: at('state') };

const run = (command: string, ...args: readonly string[]): void => {
  const { status, stderr }: SpawnSyncReturns<string> = spawnSync(command, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
};

const nginx = async (): Promise<void> => {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${at(name)};`,
  );
  fs.writeFileSync(
    at('conf'),
    `daemon off; master_process off; pid ${at('pid')}; error_log ${at('errors')}; events {}
http { sendfile on; ${temporary.join(' ')} access_log off; server { listen ${HOST}:${PORT}; root ${at('www')}; } }`,
  );
  started('nginx', ['-c', at('conf'), '-e', at('errors')]);
  for (let tries = 0; spawnSync('curl', ['-sfI', URL]).status !== 0; tries++) {
    if (tries > 100) throw new Error('nginx does not answer');
    await new Promise((done) => setTimeout(done, 100));
  }
};

const bench = async (): Promise<void> => {
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  fs.mkdirSync(at('www'));
  const part = createHash('shake256', { outputLength: 16 * MiB })
    .update('content')
    .digest();
  for (let written = 0; written < LENGTH; written += part.length) fs.appendFileSync(at('www/content'), part);
  run(process.execPath, CLI, 'create', at('www/content'), '--piece-length', '1M', '-o', at('torrent'), '--quiet');
  await nginx();
  const fresh = (): string => {
    fs.rmSync(at('got'), { recursive: true, force: true });
    fs.mkdirSync(at('got'));
    return at('got/content');
  };
  const taken = await measure(
    {
      curl: () => run('curl', '-sf', '-o', fresh(), URL),
      ours: () => {
        run(
          process.execPath,
          CLI,
          'download',
          at('torrent'),
          '-o',
          `${path.dirname(fresh())}/`,
          '--web-seed',
          URL,
          ...ALONE,
        );
      },
    },
    ROUNDS,
  );
  table(
    `a web seed: ${LENGTH / MiB} MiB from nginx (medians of ${ROUNDS}, in turns; ours with hashing and its start)`,
    ['', 'ms', 'spread', 'MiB/s', "rate / curl's"],
    (['curl', 'ours'] as const).map((name) => [
      name,
      figure(median(taken[name])),
      spread(taken[name]),
      figure(LENGTH / MiB / (median(taken[name]) / 1000)),
      (1 / ratio(taken[name], taken.curl)).toFixed(2),
    ]),
  );
};

if (isolated()) {
  await bench();
  process.exit();
}
