import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { contentOf } from '../../swarm/content.ts';
import { peer } from '../../swarm/fixture.ts';
import { withMetadata } from '../../swarm/metadata.ts';
import { folder, MAIN, run, start, told } from '../run.ts';

const content = contentOf({ name: 'a', length: 200_000, pieceLength: 65_536 });
const infoHash = toHex(content.torrent.infoHash);
const magnet = `magnet:?xt=urn:btih:${infoHash}&dn=a`;
/** Nobody is there. */
const NOBODY = ['--no-trackers', '--peer', '127.0.0.1:1'];

describe('a source that is -', () => {
  it('is downloaded, whether it is a .torrent, a link or an info-hash', async () => {
    const seed = await peer(content, withMetadata(content));
    for (const [nth, input] of [content.metainfo, `  ${magnet}\n`, `\r\n${infoHash}\r\n`].entries()) {
      const out = join(folder(), String(nth));
      const { code } = await run(
        ['download', '-', '-o', `${out}/`, '--quiet', '--no-trackers', '--peer', `127.0.0.1:${seed.port}`],
        { input },
      );
      expect(code).toBe(0);
      expect(readFileSync(join(out, 'a')).equals(content.bytes)).toBe(true);
    }
  });

  it('is read by every command that takes a source', async () => {
    const home = folder();
    const seed = await peer(content, withMetadata(content));
    const there = ['--no-trackers', '--peer', `127.0.0.1:${seed.port}`];
    const input = content.metainfo;
    const info = await run(['info', '-', '--json'], { input });
    expect(told(info.stdout)).toMatchObject([{ infoHash, length: 200_000 }]);
    expect((await run(['info', '-', ...there], { input: magnet })).stdout).toContain(`Info Hash: ${infoHash}`);
    expect((await run(['magnet_parse', '-'], { input: `${magnet}\n` })).stdout).toContain(`Info Hash: ${infoHash}`);
    expect((await run(['handshake', '-', `127.0.0.1:${seed.port}`], { input })).code).toBe(0);
    expect((await run(['nhandshake', '-', `127.0.0.1:${seed.port}`], { input: infoHash })).code).toBe(0);
    expect((await run(['magnet_handshake', '-', '--count', '1', ...there], { input })).code).toBe(0);
    expect((await run(['download_piece', '-', '1', '-o', join(home, 'piece'), ...there], { input })).code).toBe(0);
    expect((await run(['download', '-', '-o', `${home}/`, ...there], { input })).code).toBe(0);
    expect((await run(['verify', '-', join(home, 'a')], { input })).code).toBe(0);
    expect((await run(['seed', '-', join(home, 'a'), '--seed-time', '0.1', ...NOBODY], { input })).code).toBe(0);
  });

  it('is read by those that look for peers without one of their own, too', async () => {
    expect(
      (await run(['peers', '-', '--timeout', '0.1', '--tracker', 'http://127.0.0.1:1/announce'], { input: infoHash }))
        .code,
    ).toBe(4);
    expect((await run(['dht', '-', '--timeout', '0.1', '-o', `${folder()}/`], { input: content.metainfo })).code).toBe(
      4,
    );
  });

  it.each<[what: string, args: readonly string[], input: string | Uint8Array, says: string]>([
    ['that was read already', ['download', '-', '-', ...NOBODY], content.metainfo, '-: stdin can be read only once'],
    ['that seed would read twice', ['seed', '-', '-', ...NOBODY], content.metainfo, '-: stdin can be read only once'],
    ['of nothing', ['info', '-'], '', '-: stdin is empty'],
    ['of blanks', ['magnet_parse', '-'], ' \n\n', '-: stdin is empty'],
    ['of several links', ['info', '-'], `${magnet}\n${magnet}\n`, '-: stdin has 2 lines: give one link'],
    ['of something else', ['info', '-'], 'a/path.torrent\n', 'stdin: bencode at byte 0: expected a value'],
    [
      'of more than a .torrent may have',
      ['info', '-'],
      new Uint8Array(17 * 2 ** 20),
      '-: more than 16777216 bytes: too long for a .torrent file',
    ],
    ['that is no link where one is needed', ['magnet_parse', '-'], content.metainfo, 'stdin: not a magnet link'],
    [
      'that is a link where a .torrent is needed',
      ['verify', '-', '.'],
      magnet,
      'a magnet link has no hashes of pieces',
    ],
    ['for what a pipe does not have', ['create', '-'], 'text', 'create: a torrent cannot be made from a pipe'],
  ])('%s is refused', async (_, args, input, says) => {
    const { code, stdout, stderr } = await run(args, { input });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^rxtorrent: [^\n]+\n$/);
    expect(stderr).toContain(says);
  });

  it('is refused on a terminal, with a word of what to do', () => {
    const typed = spawnSync('script', ['-qec', `${process.execPath} ${MAIN} info -`, '/dev/null'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(typed.stdout).toContain('-: stdin is a terminal: pipe something into it');
    expect(typed.status).toBe(2);
  });

  it.each(['info', 'decode'])('of %s does not keep it when the user has had enough', async (command) => {
    const child = spawn(process.execPath, [MAIN, command, '-'], { stdio: 'pipe' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    // More than a pipe holds: it is read when all of it is written.
    await new Promise((resolve) => child.stdin.write(new Uint8Array(2 ** 19), resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });

  it('may be given to decode in both ways', async () => {
    expect((await run(['decode', '-'], { input: 'le\n' })).stdout).toBe('[]\n');
    expect((await run(['decode', '--file', '-'], { input: 'le\n' })).stdout).toBe('[]\n');
    expect((await run(['decode', '--file=-'], { input: 'le\n' })).stdout).toBe('[]\n');
  });
});

describe('an argument that is empty', () => {
  it.each(['create', 'download', 'info', 'decode'])('is no source of %s', async (command) => {
    const { code, stderr } = await start([command, '']).ended;
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^rxtorrent: \w+: <\w+> is empty: rxtorrent /) as string,
    });
  });
});
