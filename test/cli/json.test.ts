import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problems } from '../json/problems.ts';
import { contentOf } from '../swarm/content.ts';
import { peer, tracker } from '../swarm/fixture.ts';
import { withMetadata } from '../swarm/metadata.ts';
import { serve } from '../net/servers.ts';
import { answer, udpTracker } from '../net/udpTracker.ts';
import { fixture, folder, MAIN, objects, run, start } from './run.ts';
import { content, infoHash, checked, json, REFUSED } from './jsonRun.ts';

const link = `magnet:?xt=urn:btih:${infoHash}`;

const NOBODY = ['--no-trackers', '--peer', '127.0.0.1:1'];

/** A .torrent, its content in a folder, and a place for what is made. */
const place = () => {
  const home = folder();
  const data = join(home, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'a'), content.bytes);
  const torrent = join(home, 'a.torrent');
  writeFileSync(torrent, content.metainfo);
  return { home, data, torrent, out: join(home, 'out') };
};

const at = async (conduct: Parameters<typeof peer>[1] = withMetadata(content)): Promise<string> =>
  `127.0.0.1:${(await peer(content, conduct)).port}`;

const from = async (): Promise<readonly string[]> => ['--no-trackers', '--peer', await at()];

/** A peer that says nothing. */
const silent = (): Promise<string> => at({ onConnect: () => true });

const interrupted = async (said: RegExp, signal: NodeJS.Signals, ...args: readonly string[]) => {
  const running = start([...args, '--json']);
  await running.says(said);
  running.kill(signal);
  return checked(await running.ended);
};

const ALL_RIGHT = (...types: readonly string[]) => [0, 'complete', ['start', ...types, 'end']];

const GAVE_UP = [4, 'gave-up', expect.arrayContaining(['start', 'error', 'end']) as string[]];

const STOPPED = [130, 'interrupted', expect.not.arrayContaining(['error']) as string[]];

describe('each command with --json, when it does', () => {
  it.each([[['--help']], [['help']], [['info', '--help']], [['help', 'info']], [['info', 'x', '-h']]])(
    '%j',
    async (args) => expect(await json(...args)).toEqual(ALL_RIGHT('help')),
  );
  it.each([[['--version']], [['info', '--version']]])('%j', async (args) =>
    expect(await json(...args)).toEqual(ALL_RIGHT('version')),
  );
  it('decode', async () => expect(await json('decode', 'd3:bari1ee')).toEqual(ALL_RIGHT('decoded')));
  it('completion', async () => expect(await json('completion', 'bash')).toEqual(ALL_RIGHT('completion')));
  it('magnet_parse', async () => {
    expect(await json('magnet_parse', `${link}&dn=x&so=1&x.pe=127.0.0.1:1&ws=http://127.0.0.1/`)).toEqual(
      ALL_RIGHT('magnet'),
    );
    expect(await json('magnet_parse', `${link}&tr=x`)).toEqual(ALL_RIGHT('warning', 'magnet'));
  });

  it.each(['numbers', 'leaves', 'bunny', 'folder'])('info %s', async (name) => {
    expect(await json('info', fixture(`${name}.torrent`), '--pieces', '--files', '1')).toEqual(ALL_RIGHT('info'));
  });

  it('info of a link', async () => {
    expect(await json('info', link, ...(await from()))).toEqual(ALL_RIGHT('peer-joined', 'info'));
    expect(await json('info', link, ...NOBODY, '--timeout', '1')).toEqual(GAVE_UP);
    expect(await interrupted(/"start"/, 'SIGINT', 'info', link, '--no-trackers', '--peer', await silent())).toEqual(
      STOPPED,
    );
  });

  it('create', async () => {
    const { data, home } = place();
    const output = join(home, 'b.torrent');
    expect(await json('create', data, '-o', output)).toEqual(ALL_RIGHT('hashed', 'created'));
    expect(await json('create', data, '-o', output)).toEqual(REFUSED);
  });

  it('verify', async () => {
    const { torrent, data } = place();
    expect(await json('verify', torrent, data)).toEqual(ALL_RIGHT('rechecked', 'verified'));
    writeFileSync(join(data, 'a'), 'x');
    expect(await json('verify', torrent, data)).toEqual(GAVE_UP);
  });

  it.each(['handshake', 'nhandshake'])('%s', async (name) => {
    expect(await json(name, infoHash, await at())).toEqual(ALL_RIGHT('handshake'));
    expect(await json(name, infoHash, '127.0.0.1:1')).toEqual(GAVE_UP);
    expect(await interrupted(/"start"/, 'SIGTERM', name, infoHash, await silent())).toEqual(STOPPED);
  });

  it('magnet_handshake', async () => {
    const { url } = await tracker([await peer(content, withMetadata(content))]);
    expect((await json('magnet_handshake', link, '--tracker', url, '--count', '1')).slice(0, 2)).toEqual([
      0,
      'complete',
    ]);
    expect(await json('magnet_handshake', infoHash, ...NOBODY, '--timeout', '0.5')).toEqual(GAVE_UP);
  });

  it('peers', async () => {
    const { url } = await udpTracker((asked) => [answer(asked, Uint8Array.of(10, 0, 0, 1, 0, 80))]);
    expect((await json('peers', infoHash, '--tracker', url, '--count', '1'))[2]).toEqual(
      expect.arrayContaining(['tracker', 'announced', 'peer']),
    );
    expect(await json('peers', infoHash, '--tracker', (await udpTracker()).url, '--scrape')).toEqual(
      ALL_RIGHT('scraped'),
    );
    expect(await json('peers', infoHash, '--tracker', (await udpTracker(() => [])).url, '--timeout', '0.5')).toEqual(
      GAVE_UP,
    );
    expect(await interrupted(/"peer"/, 'SIGHUP', 'peers', infoHash, '--tracker', url)).toEqual(STOPPED);
  });

  it('download_piece', async () => {
    const { torrent, out } = place();
    const args = ['download_piece', torrent, '1', '-o', out];
    expect(await json(...args, ...(await from()))).toEqual(ALL_RIGHT('peer-joined', 'piece'));
    expect(await json(...args, ...NOBODY, '--timeout', '0.5')).toEqual(GAVE_UP);
    expect(await interrupted(/"start"/, 'SIGINT', ...args, '--no-trackers', '--peer', await silent())).toEqual(STOPPED);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('download, until %s', async (signal) => {
    const { torrent, out } = place();
    const waiting = ['download', torrent, '-o', `${out}/`, '--no-trackers', '--peer', await silent()];
    expect(await interrupted(/"progress"/, signal, ...waiting)).toEqual(STOPPED);
  });

  it('download', async () => {
    const { torrent, home, out } = place();
    const first = await run(['download', torrent, '-o', `${out}/`, ...(await from()), '--json']);
    expect(checked(first).slice(0, 2)).toEqual([0, 'complete']);
    const about = { torrent: infoHash, path: join(out, 'a'), paths: [join(out, 'a')], length: 200_000 };
    expect(objects(first.stdout).find(({ type }) => type === 'done')).toMatchObject(about);
    expect(objects(first.stdout).at(-1)).toMatchObject({
      ...about,
      stored: 200_000,
      downloaded: 200_000,
      uploaded: 0,
      wasted: 0,
      ratio: 0,
    });
    expect(objects(first.stdout)[0]).toMatchObject({
      command: 'download',
      sources: [torrent],
      name: 'a',
      length: 200_000,
      target: join(out, 'a'),
    });
    expect((await json('download', torrent, '-o', `${out}/`, ...NOBODY)).slice(0, 2)).toEqual([0, 'complete']);
    expect(await json('download', torrent, '-o', join(home, 'b/'), ...NOBODY, '--timeout', '1')).toEqual(GAVE_UP);
    expect(await json('download', torrent, '-o', home, '--no-trackers')).toEqual(GAVE_UP);
    writeFileSync(join(home, 'a'), 'somebody else');
    expect((await json('download', torrent, '-o', home, ...(await from()))).slice(0, 2)).toEqual([3, 'error']);
  });

  it('download of a link', async () => {
    const { out } = place();
    const { stdout, ...ended } = await run(['download', link, '-o', `${out}/`, ...(await from()), '--json']);
    expect(checked({ stdout, ...ended })[2]).toContain('metadata');
    expect(objects(stdout).at(-1)).toMatchObject({ reason: 'complete', path: join(out, 'a') });
    expect(await json('download', link, '-o', `${out}/b/`, ...NOBODY, '--timeout', '1')).toEqual(GAVE_UP);
  });

  it('download, until a second Ctrl-C that waits for nothing', async () => {
    const { torrent, out } = place();
    const asked: string[] = [];
    // It answers, but not to a goodbye.
    const url = await serve((request, response) => {
      asked.push(String(request.url));
      if (!String(request.url).includes('event=stopped')) response.end('d8:intervali60e5:peers0:e');
    });
    const running = start([
      'download',
      torrent,
      '-o',
      `${out}/`,
      '--no-trackers',
      '--tracker',
      `${url}/announce`,
      '--peer',
      await silent(),
      '--json',
    ]);
    await running.says(/"announced"/);
    running.kill('SIGINT');
    await expect.poll(() => asked.some((each) => each.includes('event=stopped')), { timeout: 10_000 }).toBe(true);
    running.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).toBeNull();
    expect(problems(stdout)).toEqual([]);
    expect(objects(stdout).at(-1)).toMatchObject({ reason: 'interrupted', exitCode: 130, torrent: infoHash });
  });

  it('download, until its reader leaves', async () => {
    const { torrent, out } = place();
    const args = ['download', torrent, '-o', `${out}/`, '--no-trackers', '--peer', await silent(), '--json'];
    const child = spawn('sh', ['-c', '"$0" "$@" | head -1', process.execPath, MAIN, ...args], {
      stdio: 'pipe',
      env: { PATH: process.env['PATH'] },
    });
    let stdout = '';
    child.stdout.on('data', (text) => (stdout += String(text)));
    await new Promise((resolve) => child.on('close', resolve));
    expect(objects(stdout)).toMatchObject([{ type: 'start', command: 'download' }]);
  });

  it('download of several, of which some are none', async () => {
    const { torrent, out, home } = place();
    const other = contentOf({ name: 'b', length: 100_000, pieceLength: 65_536, seed: 2 });
    const file = join(home, 'b.torrent');
    writeFileSync(file, other.metainfo);
    const serving = `127.0.0.1:${(await peer(other)).port}`;
    const args = [
      'download',
      torrent,
      '/nowhere',
      file,
      '-o',
      `${out}/`,
      ...(await from()),
      '--peer',
      serving,
      '--json',
    ];
    const ended = await run(args);
    expect(problems(ended.stdout)).toEqual([]);
    const ends = objects(ended.stdout).filter(({ type }) => type === 'end');
    expect(ends.map(({ reason, exitCode }) => [reason, exitCode]).sort()).toEqual([
      ['complete', 0],
      ['complete', 0],
      ['error', 2],
    ]);
    expect(ended.code).toBe(2);
  });

  it('dht', async () => {
    const { torrent, out } = place();
    expect(await json('dht', torrent, '-o', `${out}/`, '--bootstrap', '127.0.0.1:9', '--timeout', '1')).toEqual(
      GAVE_UP,
    );
  });

  it('seed', async () => {
    const { torrent, data, home } = place();
    const seeded = await run(['seed', torrent, data, '--seed-time', '1', '--no-trackers', '--json']);
    expect(checked(seeded).slice(0, 2)).toEqual([0, 'seeded']);
    expect(objects(seeded.stdout).at(-1)).toMatchObject({
      path: join(data, 'a'),
      paths: [join(data, 'a')],
      uploaded: 0,
    });
    expect((await interrupted(/"done"/, 'SIGINT', 'seed', torrent, data, '--no-trackers')).slice(0, 2)).toEqual([
      130,
      'interrupted',
    ]);
    expect((await json('seed', join(home, 'data'), '--seed-time', '1', '--no-trackers')).slice(0, 2)).toEqual([
      0,
      'seeded',
    ]);
    expect(await json('seed', torrent, join(home, 'nowhere'))).toEqual(REFUSED);
  });

  it('demo', async () => {
    expect((await json('demo', '--size', '1M'))[2]).toEqual(expect.arrayContaining(['stored', 'done', 'demo', 'end']));
    expect(await interrupted(/"stored"/, 'SIGINT', 'demo', '--size', '64M')).toEqual(STOPPED);
  });

  it('says of a variable that is none', async () => {
    const { stdout, ...ended } = await run(['decode', 'le', '--json'], { env: { RXTORRENT_NO_SUCH: '1' } });
    expect(checked({ stdout, ...ended })).toEqual(ALL_RIGHT('warning', 'decoded'));
  });
});
