import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { parseMagnet } from '../../src/torrent/metainfo/magnet.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import { fixture, folder, run, start, told } from './run.ts';

const torrentAt = (path: string): Torrent => parseTorrent(new Uint8Array(readFileSync(path)));

/** A folder with `name` of two files and one without bytes. */
const content = (): { readonly place: string; readonly path: string } => {
  const place = folder();
  const path = join(place, 'things');
  mkdirSync(join(path, 'in'), { recursive: true });
  writeFileSync(join(path, 'in', 'a.bin'), Buffer.alloc(70_000, 'abc'));
  writeFileSync(join(path, 'b.txt'), 'b');
  writeFileSync(join(path, 'empty'), '');
  return { place, path };
};

describe('create', () => {
  it('shows its work on disk with --verbose, and none of it for other rooms', async () => {
    const { place, path } = content();
    const { code, stderr } = await run(['create', path, '-o', join(place, 'out.torrent'), '--verbose=disk']);
    expect(code).toBe(0);
    const lines = stderr.split('\n').filter((line) => line.includes(' disk '));
    expect(lines.map((line) => line.replace(/^[\d:.]+ disk +· /, '').replace(`${path}  `, ''))).toEqual([
      'look for files',
      '3 files found',
      'hash 3 files, pieces of 32768 bytes',
      ...['piece 0 hashed', 'piece 1 hashed', 'piece 2 hashed'].map(
        (line) => expect.stringMatching(line.replace(/\d/, String.raw`\d`)) as string,
      ),
    ]);
    expect((await run(['create', path, '-o', join(place, 'other.torrent'), '--verbose=peer'])).stderr).not.toContain(
      ' disk ',
    );
  });

  it('warns of names that would be others on Windows', async () => {
    const { place, path } = content();
    writeFileSync(join(path, 'what?'), 'x');
    writeFileSync(join(path, 'B.TXT'), 'x');
    const args = ['create', path, '-o', join(place, 'out.torrent'), '--force'];
    const says = "2 names that Windows can't have (things/b.txt becomes things/b.1.txt there)";
    expect(await run(args)).toMatchObject({ code: 0, stderr: expect.stringContaining(`warning: ${says}`) as string });
    expect(told((await run([...args, '--json'])).stdout)).toContainEqual({
      type: 'warning',
      code: 'renamed',
      message: expect.stringContaining(says) as string,
    });
    expect((await run(['create', join(path, 'what?'), '-o', join(place, 'one.torrent')])).stderr).toBe('');
  });

  it('writes the .torrent, and prints its info-hash and its magnet link', async () => {
    const { place, path } = content();
    const output = join(place, 'out.torrent');
    const { code, stdout, stderr } = await run([
      'create',
      path,
      '-o',
      output,
      '--tracker',
      'http://192.0.2.1/announce',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const torrent = torrentAt(output);
    expect(torrent.files.map((file) => [file.path.join('/'), file.length])).toEqual([
      ['b.txt', 1],
      ['empty', 0],
      ['in/a.bin', 70_000],
    ]);
    const [first, hash, magnet = ''] = stdout.split('\n');
    expect(first).toBe(`${output}: 68.4 KiB in 3 files, 3 pieces of 32.0 KiB`);
    expect(hash).toBe(`Info Hash: ${toHex(torrent.infoHash)}`);
    expect(parseMagnet(magnet)).toMatchObject({
      infoHash: torrent.infoHash,
      name: 'things',
      announce: [['http://192.0.2.1/announce']],
      length: 70_001,
    });
    expect(readdirSync(place).sort()).toEqual(['out.torrent', 'things']);
  });

  it('takes what goes into it from options', async () => {
    const { place, path } = content();
    const trackers = ['--tracker', 'http://192.0.2.1/a,udp://192.0.2.2:80', '--tracker', 'https://192.0.2.3/announce'];
    const { code } = await run([
      ...[
        'create',
        path,
        '-o',
        `${place}/`,
        '--name',
        'other',
        '--private',
        '--comment',
        'wörds',
        '--source',
        'here',
        '--date',
        '2026-11-21',
      ],
      ...['--web-seed', 'http://192.0.2.4/files/', '--piece-length', '16K', '--padding', ...trackers],
    ]);
    expect(code).toBe(0);
    expect(torrentAt(join(place, 'other.torrent'))).toMatchObject({
      ...{
        name: 'other',
        private: true,
        comment: 'wörds',
        source: 'here',
        creationDate: 1_795_219_200,
        createdBy: 'rxtorrent 0.1.0',
      },
      announce: [['http://192.0.2.1/a', 'udp://192.0.2.2:80'], ['https://192.0.2.3/announce']],
      webSeeds: ['http://192.0.2.4/files/'],
      pieceLength: 16_384,
      length: 16_384 + 70_000,
    });
  });

  it('makes the same bytes of the same files', async () => {
    const { place, path } = content();
    for (const name of ['1', '2']) expect((await run(['create', path, '-o', join(place, name)])).code).toBe(0);
    expect(readFileSync(join(place, '1'))).toEqual(readFileSync(join(place, '2')));
  });

  it('has the info-hash that others gave to the same file', async () => {
    const place = folder();
    const known = torrentAt(fixture('leaves.torrent'));
    const { code, stdout } = await run([
      'create',
      fixture('Leaves of Grass by Walt Whitman.epub'),
      '-o',
      `${place}/`,
      '--piece-length',
      '16K',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(told(stdout).at(-1)).toMatchObject({ type: 'created', torrent: toHex(known.infoHash), pieceCount: 23 });
  });

  it('never replaces a file unless told to', async () => {
    const { place, path } = content();
    const output = join(place, 'things.torrent');
    writeFileSync(output, 'mine');
    const { code, stderr } = await run(['create', path, '-o', output]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `rxtorrent: ${output} exists already: name another file, or give --force\n`,
    });
    expect(readFileSync(output, 'latin1')).toBe('mine');
    expect((await run(['create', path, '-o', output, '--force'])).code).toBe(0);
    expect(torrentAt(output).name).toBe('things');
    expect(readdirSync(place).sort()).toEqual(['things', 'things.torrent']);
  });

  it('leaves the .torrent itself out when that is in the folder', async () => {
    const { path } = content();
    const output = join(path, 'self.torrent');
    expect((await run(['create', path, '-o', output])).code).toBe(0);
    const before = readFileSync(output);
    const { code, stderr } = await run(['create', path, '-o', output, '--force']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `warning: ${output} is the .torrent itself: left out\n` });
    expect(readFileSync(output)).toEqual(before);
  });

  it('writes nothing when it is interrupted', async () => {
    const place = folder();
    const large = join(place, 'large');
    writeFileSync(large, Buffer.alloc(64 * 2 ** 20));
    const running = start(['create', large, '-o', `${place}/`, '--piece-length', '16K', '--json']);
    await running.says(/"hashed"/);
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: '' });
    expect(readdirSync(place)).toEqual(['large']);
  });

  it.each([
    ['piece-length', '100K', 'power of two'],
    ['piece-length', '8K', 'from 16K to 256M'],
    ['tracker', 'wss://192.0.2.1/', 'http(s)://host/announce'],
    ['web-seed', 'ftp://192.0.2.1/', 'http(s)://host/path'],
    ['date', 'yesterday', 'expected now'],
    ['links', 'some', 'refuse or skip or follow'],
    ['output', '/nowhere/at/all.torrent', 'no such folder'],
  ])('refuses --%s %s', async (option, value, message) => {
    const { path } = content();
    const { code, stderr } = await run([
      'create',
      path,
      `--${option}`,
      value,
      ...(option === 'output' ? [] : ['-o', join(path, 'x.torrent')]),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('says what can not be shared', async () => {
    const { place, path } = content();
    expect(await run(['create', join(place, 'none')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such file or folder') as string,
    });
    symlinkSync('b.txt', join(path, 'link'));
    expect(await run(['create', path, '-o', `${place}/`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a symbolic link') as string,
    });
    expect(readdirSync(place)).toEqual(['things']);
    const nothing = folder();
    expect(await run(['create', nothing, '-o', `${place}/`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is nothing to share') as string,
    });
  });
});
