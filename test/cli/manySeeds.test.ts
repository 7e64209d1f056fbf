import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { shares } from '../../src/disk/files/descriptorLimit.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { eventually } from '../swarm/run.ts';
import { freePort } from './ports.ts';
import { folder, MAIN, run } from './run.ts';

const COUNT = 300;
const LIMIT = 256;
const SIZE = 16_384;

/** So many torrents of one piece, whose data lies in `data`. */
const made = (home: string): readonly string[] => {
  for (const name of ['torrents', 'data']) mkdirSync(join(home, name));
  return Array.from({ length: COUNT }, (_, n) => {
    const name = `${n}.bin`;
    const bytes = createHash('shake256', { outputLength: SIZE }).update(name).digest();
    writeFileSync(join(home, 'data', name), bytes);
    const pieceHashes = createHash('sha1').update(bytes).digest();
    const file = join(home, 'torrents', `${n}.torrent`);
    writeFileSync(file, encodeTorrent({ name, pieceLength: SIZE, length: SIZE, pieceHashes }));
    return file;
  });
};

/** Knows nobody, and remembers who has asked. */
const tracker = async (): Promise<{ readonly url: string; readonly asked: ReadonlySet<string> }> => {
  const asked = new Set<string>();
  const server = createServer(({ url = '' }, response) => {
    asked.add(/info_hash=([^&]*)/.exec(url)?.[1] ?? '');
    response.end('d8:intervali1800e5:peers0:e');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`, asked };
};

it('seeds more torrents than it may open files: announces all, gives any to a caller, opens few files', async () => {
  const home = folder();
  const torrents = made(home);
  const [{ url, asked }, port] = [await tracker(), await freePort()];
  const options = ['--tracker', url, '--port', `${port}`, '--no-dht', '--no-lsd', '--quiet'];
  const command = [process.execPath, MAIN, 'seed', ...torrents, `${home}/data/`, ...options];
  const child = spawn('sh', ['-c', `ulimit -n ${LIMIT} && exec "$@"`, 'sh', ...command], {
    env: { PATH: process.env['PATH'], XDG_STATE_HOME: join(home, 'state') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(await eventually(() => asked.size >= COUNT, 60_000)).toBe(true);

  const open = readdirSync(`/proc/${child.pid}/fd`).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/${child.pid}/fd/${fd}`);
    } catch {
      return [];
    }
  });
  expect(open.length).toBeLessThan(LIMIT);
  expect(open.filter((path) => path.startsWith(home)).length).toBeLessThanOrEqual(shares(LIMIT).files);

  for (const n of [0, 150, COUNT - 1]) {
    const got = await run([
      'download',
      torrents[n] as string,
      '--peer',
      `127.0.0.1:${port}`,
      '-o',
      `${home}/got/`,
      '--quiet',
    ]);
    expect(got).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(home, 'got', `${n}.bin`)).equals(readFileSync(join(home, 'data', `${n}.bin`)))).toBe(true);
  }
  child.kill('SIGINT');
  await ended;
  expect(said).toBe('');
});
