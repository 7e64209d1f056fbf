import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freeUdpPort } from './ports.ts';
import { folder, run, start, told } from './run.ts';

const LISTENS = { env: { RXTORRENT_NO_LISTEN: '0' } };
const QUIET = ['--no-dht', '--no-lsd', '--no-trackers'];

it.each([
  ['plainly', 'off', 'utp'],
  ['encrypted', 'require', 'utp+rc4'],
])('a torrent goes from one of us to another by uTP alone, %s, and both tell', async (_, encryption, road) => {
  const home = folder();
  const [content, torrent] = [join(home, 'content.bin'), join(home, 'content.torrent')];
  writeFileSync(content, createHash('shake256', { outputLength: 3_000_000 }).update(road).digest());
  expect((await run(['create', content, '-o', torrent])).code).toBe(0);
  const port = await freeUdpPort();
  const ways = ['--no-tcp', '--encryption', encryption, ...QUIET];
  const seed = start(['seed', torrent, content, '--port', `${port}`, '--json', ...ways], LISTENS);
  onTestFinished(() => seed.kill('SIGKILL'));
  const wanted = ['--peer', `127.0.0.1:${port}`, '--no-listen', '--json', '--timeout', '20s', ...ways];
  const { code, stdout, stderr } = await run(['download', torrent, '-o', `${home}/got/`, ...wanted]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(Buffer.compare(readFileSync(join(home, 'got', 'content.bin')), readFileSync(content))).toBe(0);
  expect(told(stdout).find(({ type }) => type === 'peer-joined')).toMatchObject({ source: 'manual', port, road });
  seed.kill('SIGINT');
  const events = told((await seed.ended).stdout);
  expect(events.find(({ type }) => type === 'peer-joined')).toMatchObject({ source: 'incoming', road });
});

it('--verbose=utp tells whom we call, and that nobody is there', async () => {
  const home = folder();
  const content = join(home, 'content.bin');
  writeFileSync(content, 'x');
  await run(['create', content, '-o', join(home, 'x.torrent')]);
  const port = await freeUdpPort();
  const peer = ['--peer', `127.0.0.1:${port}`, '--no-listen', '--timeout', '1s'];
  const { stderr } = await run([
    'download',
    join(home, 'x.torrent'),
    '-o',
    `${home}/got/`,
    '--no-tcp',
    '--verbose=utp',
    ...peer,
    ...QUIET,
  ]);
  expect(stderr).toMatch(new RegExp(`utp {5}> 127\\.0\\.0\\.1:${port} {2}is called by uTP`));
  expect(stderr).toMatch(/utp {5}· 127\.0\.0\.1:\d+ {2}is no longer connected by uTP/);
});

it('refuses to switch off both transports', async () => {
  const { code, stderr } = await run(['handshake', 'x.torrent', '127.0.0.1:1', '--no-tcp', '--no-utp']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--no-tcp and --no-utp') });
});
