import { type ChildProcess, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AT, aria2, libtorrent } from './clients.ts';
import { type Content, World } from './world.ts';

const run = promisify(execFile);
const NOBODY_ELSE = ['--no-dht', '--no-lsd', '--no-trackers', '--no-listen'];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** The first line that is printed: the URL. */
const streamed = async (content: Content, ...args: readonly string[]): Promise<string> => {
  const child: ChildProcess = world.ours('stream', content.torrent, '-o', world.path('got/'), ...NOBODY_ELSE, ...args);
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const [line] = out.split('\n');
      if (out.includes('\n')) resolve(line ?? '');
    });
    child.once('close', () => reject(new Error(`it has ended: ${out}`)));
  });
};

/** What curl gets, and with what status. */
const curl = async (
  url: string,
  ...args: readonly string[]
): Promise<{ readonly bytes: Buffer; readonly status: string }> => {
  const { stdout } = await run('curl', ['-s', '-w', '%{stderr}%{http_code}', ...args, url], {
    encoding: 'buffer',
    maxBuffer: 2 ** 28,
  }).then(({ stdout: bytes, stderr }) => ({ stdout: { bytes, status: stderr.toString() } }));
  return stdout;
};

describe('a stream', () => {
  it('is read by curl in the middle and to its end, while it comes from slow peers', async () => {
    const content = world.content('film.mkv', [24_000_001]);
    const bytes = content.files[0]?.bytes ?? new Uint8Array();
    await libtorrent(world, content, world.lay(content, 'one'), 7001, { limit: 3_000_000 });
    await aria2(world, content, world.lay(content, 'two'), 7002, { limit: 3_000_000 });
    const url = await streamed(content, '--peer', `${AT.libtorrent}:7001`, '--peer', `${AT.aria2}:7002`);
    // At six MB a second what is asked for here would be there after three seconds if it came in order.
    const began = performance.now();
    const [jump, tail] = await Promise.all([curl(url, '-r', '20000000-20099999'), curl(url, '-r', '-1000')]);
    expect(performance.now() - began).toBeLessThan(8_000);
    expect([jump.status, tail.status]).toEqual(['206', '206']);
    expect(jump.bytes.equals(bytes.subarray(20_000_000, 20_100_000))).toBe(true);
    expect(tail.bytes.equals(bytes.subarray(-1000))).toBe(true);
    const whole = await curl(url);
    expect([whole.status, whole.bytes.equals(bytes)]).toEqual(['200', true]);
    expect((await curl(url, '-r', '24000001-')).status).toBe('416');
    expect((await curl(url, '-H', 'Host: film.example')).status).toBe('421');
  });

  it('of several films is a playlist', async () => {
    const content = world.content('shows', [300_000, 200_000]);
    await libtorrent(world, content, world.lay(content, 'one'), 7001);
    const url = await streamed(content, '--peer', `${AT.libtorrent}:7001`);
    const list = (await curl(url)).bytes.toString().split('\n');
    const films = list.filter((line) => line.startsWith('http://127.0.0.1:'));
    const got = await Promise.all(films.map((film) => curl(film)));
    expect(
      got.map(
        ({ bytes }) => bytes.equals(content.files[0]?.bytes ?? bytes) || bytes.equals(content.files[1]?.bytes ?? bytes),
      ),
    ).toEqual([true, true]);
  });
});
