import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha1, toHex } from '../../src/protocol/encoding/id.ts';
import { contentOf } from '../swarm/content.ts';
import { peer, peers, tracker } from '../swarm/fixture.ts';
import { withMetadata } from '../swarm/metadata.ts';
import type { Conduct } from '../swarm/realPeer.ts';
import { folder, MAIN, run, start, told } from './run.ts';

const content = contentOf({ name: 'a', length: 200_000, pieceLength: 65_536 });
const pieceOf = (index: number): Buffer => Buffer.from(content.bytes.subarray(index * 65_536, (index + 1) * 65_536));

interface Place {
  readonly home: string;
  readonly torrent: string;
  readonly out: string;
}

const place = (metainfo = content.metainfo): Place => {
  const home = folder();
  const torrent = join(home, 'a.torrent');
  writeFileSync(torrent, metainfo);
  return { home, torrent, out: join(home, 'piece') };
};

const from = async (conduct: Conduct = {}): Promise<string[]> => [
  '--no-trackers',
  '--peer',
  `127.0.0.1:${(await peer(content, conduct)).port}`,
];

describe('download_piece', () => {
  it('writes one verified piece, with the arguments in the old order too, and asks for nothing else', async () => {
    const { torrent, out } = place();
    const seed = await peer(content);
    const ended = await run([
      'download_piece',
      '-o',
      out,
      torrent,
      '1',
      '--no-trackers',
      '--peer',
      `127.0.0.1:${seed.port}`,
    ]);
    expect(ended).toEqual({
      code: 0,
      stderr: '',
      stdout: `Piece 1: 64.0 KiB, verified, from 127.0.0.1:${seed.port}: written to ${out}\n`,
    });
    expect(readFileSync(out).equals(pieceOf(1))).toBe(true);
    expect(seed.wholePieces()).toEqual([1]);
  });

  it('finds its peers by the trackers of the torrent; the last piece is shorter; --json is one object', async () => {
    const seeds = await peers(content, [{ have: [0] }, { have: [3] }]);
    const { url } = await tracker(seeds);
    const { torrent, out } = place(
      contentOf({ name: 'a', length: 200_000, pieceLength: 65_536, announce: url }).metainfo,
    );
    const { code, stdout, stderr } = await run(['download_piece', torrent, '3', '-o', out, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const piece = pieceOf(3);
    expect(readFileSync(out).equals(piece)).toBe(true);
    expect(told(stdout).filter(({ type }) => type === 'piece')).toEqual([
      {
        type: 'piece',
        torrent: expect.any(String) as string,
        index: 3,
        length: 3392,
        sha1: toHex(sha1(piece)),
        path: out,
        from: [{ host: '127.0.0.1', port: seeds[1]?.port, source: 'tracker' }],
      },
    ]);
  });

  it('needs no more than a magnet link, or an info-hash', async () => {
    const { out } = place();
    const seed = await peer(content, withMetadata(content));
    const { url } = await tracker([seed]);
    const infoHash = toHex(content.torrent.infoHash);
    for (const [name, source] of [
      ['magnet_download_piece', `magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent(url)}`],
      ['magnet_download_piece', `magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${seed.port}`],
      ['download_piece', infoHash],
    ]) {
      const own = source === infoHash ? ['--peer', `127.0.0.1:${seed.port}`] : [];
      const { code, stdout, stderr } = await run([name ?? '', '-o', out, source ?? '', '2', ...own]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toBe(`Piece 2: 64.0 KiB, verified, from 127.0.0.1:${seed.port}: written to ${out}\n`);
      expect(readFileSync(out).equals(pieceOf(2))).toBe(true);
      writeFileSync(out, '');
    }
    expect(await run(['download_piece', '-o', out, infoHash, '4', '--peer', `127.0.0.1:${seed.port}`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected a number from 0 to 3') as string,
    });
  });

  it('is bytes and nothing else on stdout with -o -', async () => {
    const { torrent, out } = place();
    const seed = await from();
    const shell = spawn('sh', [
      '-c',
      'out=$1; shift; "$@" > "$out"',
      'sh',
      out,
      process.execPath,
      MAIN,
      'download_piece',
      '-o',
      '-',
      torrent,
      '0',
      ...seed,
    ]);
    expect(await new Promise((resolve) => shell.on('close', resolve))).toBe(0);
    expect(readFileSync(out).equals(pieceOf(0))).toBe(true);
  });

  it('takes nothing from liars, and the piece from an honest peer', async () => {
    const { torrent, out } = place();
    const [liar, honest] = [
      await from({ onRequest: (request, talk) => (talk.giveWrong(request), true) }),
      await from({ unchokeAfter: 100 }),
    ];
    expect((await run(['download_piece', torrent, '2', '-o', out, '--quiet', ...liar, ...honest.slice(1)])).code).toBe(
      0,
    );
    expect(readFileSync(out).equals(pieceOf(2))).toBe(true);
  });

  it('gives up with the words of the funnel, and leaves no file', async () => {
    const { torrent, out } = place();
    const choking = await from({ unchokeAfter: Infinity });
    const { code, stdout, stderr } = await run([
      'download_piece',
      torrent,
      '0',
      '-o',
      out,
      '--timeout',
      '0.5',
      ...choking,
    ]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^rxtorrent: piece 0 did not come within 0\.5 s [^\n]*: try again later, [^\n]*\n$/);
    expect(stderr).toMatch(/ s \(manual: 1 found · 1 dialled · 1 connected · 1 handshaken[^\n]*\): /);
    expect(() => readFileSync(out)).toThrow(/ENOENT/);
    expect(await run(['download_piece', torrent, '0', '-o', out, '--no-trackers'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('give a --tracker or a --peer') as string,
    });
  });

  it('ends with 130 on Ctrl-C', async () => {
    const { torrent, out } = place();
    const slow = await peer(content, { unchokeAfter: Infinity });
    const running = start([
      'download_piece',
      torrent,
      '0',
      '-o',
      out,
      '--no-trackers',
      '--peer',
      `127.0.0.1:${slow.port}`,
    ]);
    await expect.poll(() => slow.connected, { timeout: 10_000 }).toBe(1);
    running.kill('SIGINT');
    expect(await running.ended).toEqual({ code: 130, stdout: '', stderr: '' });
    await expect.poll(() => slow.connected).toBe(0);
  });

  it('leaves what was there when it can not be written to the end', async () => {
    const { torrent, out, home } = place();
    writeFileSync(out, 'before');
    // Files of at most 8 blocks of 512 bytes.
    const limited = ['sh', '-c', 'ulimit -f 8; exec "$@"', 'sh', process.execPath, MAIN];
    const child = spawn(limited[0] ?? '', [
      ...limited.slice(1),
      'download_piece',
      torrent,
      '0',
      '-o',
      out,
      ...(await from()),
      '--quiet',
    ]);
    expect(await new Promise((resolve) => child.on('close', resolve))).not.toBe(0);
    expect(readFileSync(out, 'utf8')).toBe('before');
    expect(readdirSync(home).sort()).toEqual(['a.torrent', 'piece']);
  });

  it('replaces the file that a link leads to, and writes to a device without taking its place', async () => {
    const { torrent, out, home } = place();
    const link = join(home, 'link');
    writeFileSync(out, 'before');
    symlinkSync(out, link);
    expect(await run(['download_piece', torrent, '0', '-o', link, ...(await from()), '--quiet'])).toMatchObject({
      code: 0,
    });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(out).equals(pieceOf(0))).toBe(true);
    const pipe = join(home, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const reading = readFile(pipe);
    expect(await run(['download_piece', torrent, '1', '-o', pipe, ...(await from()), '--quiet'])).toMatchObject({
      code: 0,
    });
    expect((await reading).equals(pieceOf(1))).toBe(true);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  it.each([
    ['download_piece', ['0', '-o', '/dev/null']],
    ['info', []],
  ])('says how far peers got while it waits: %s', async (command, more) => {
    const slow = await peer(content, { unchokeAfter: Infinity });
    const link = `magnet:?xt=urn:btih:${toHex(content.torrent.infoHash)}&dn=it&x.pe=127.0.0.1:${slow.port}`;
    const running = start([command, link, ...more]);
    await running.says(/\n[^\n]*1 found · 1 dialled · 1 connected · 1 handshaken/);
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(command === 'info' ? 'asking what it is' : 'piece 0 of it');
    expect(await run([command, link, ...more, '--json', '--timeout', '3'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^[^\n]*\n$/) as string,
    });
  });

  it('uses no network when it can not be written', async () => {
    const { torrent, home } = place();
    const ended = await run(['download_piece', torrent, '0', '-o', join(home, 'nowhere/piece'), ...(await from())]);
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('there is no such folder') as string,
    });
  });

  it.each<[args: (place: Place) => string[], says: string]>([
    [({ torrent }) => [torrent, '0'], '-o is missing: the file to write, or - for stdout'],
    [({ torrent, out }) => ['-o', out, torrent], 'an argument is missing: rxtorrent download_piece <source> <index>'],
    [({ torrent, out }) => ['-o', out, torrent, '4'], 'piece "4": expected a number from 0 to 3'],
    [({ torrent, out }) => ['-o', out, torrent, 'x'], 'piece "x": expected a number from 0 to 3'],
    [({ torrent, out }) => ['-o', out, torrent, '-1'], 'piece "-1": expected a number from 0 to 3'],
    [({ torrent, out }) => ['-o', out, torrent, '1.5'], 'piece "1.5": expected'],
    [({ torrent }) => ['-o', '-', torrent, '0', '--json'], '-o - and --json both want stdout'],
    [({ torrent, out }) => ['-o', out, torrent, '0', '1'], '1 is one argument too many'],
    [({ out }) => ['-o', out, '/nowhere', '0'], 'cannot read /nowhere'],
  ])('refuses what makes no sense: %#', async (args, says) => {
    const { code, stderr } = await run(['download_piece', ...args(place())]);
    expect(stderr).toMatch(/^rxtorrent: [^\n]+\n$/);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });

  it('does not write into a folder', async () => {
    const { torrent, home } = place();
    mkdirSync(join(home, 'folder'));
    const ended = await run(['download_piece', torrent, '0', '-o', join(home, 'folder'), ...(await from())]);
    expect(ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a folder: name the file to write') as string,
    });
  });
});
