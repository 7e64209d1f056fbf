import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { theFileOf } from '../../../src/cli/commands/downloadToStdout.ts';
import { outletTo } from '../../../src/cli/io/stdout.ts';
import type { Progress } from '../../../src/contracts/events.ts';
import { sha1, toHex } from '../../../src/protocol/encoding/id.ts';
import { parseTorrent } from '../../../src/torrent/metainfo/metainfo.ts';
import { type Content, contentOf } from '../../swarm/content.ts';
import { peer } from '../../swarm/fixture.ts';
import { withMetadata } from '../../swarm/metadata.ts';
import type { Conduct } from '../../swarm/realPeer.ts';
import { folder, MAIN, run } from '../run.ts';

const MiB = 2 ** 20;
const one = contentOf({ name: 'film', length: 3 * MiB + 5, pieceLength: 65_536 });
const three = contentOf({
  name: 'disc',
  pieceLength: 65_536,
  files: [
    { path: ['a', 'one'], length: 100_000 },
    { path: ['two'], length: 200_001 },
    { path: ['three'], length: 70_000 },
  ],
});

/** A folder with the .torrent, and arguments that lead to a seed of it and nobody else. */
const place = async (content: Content, conduct: Conduct = {}) => {
  const home = folder();
  const torrent = join(home, 'a.torrent');
  writeFileSync(torrent, content.metainfo);
  const seed = await peer(content, conduct);
  return { home, torrent, seed, from: ['--no-trackers', '--peer', `127.0.0.1:${seed.port}`] };
};

interface Read {
  readonly code: number | null;
  readonly bytes: Buffer;
  readonly stderr: string;
}

/** Runs a command in `cwd` and reads its stdout, no further than `leaveAfter` bytes. */
const read = (args: readonly string[], cwd: string, input?: Uint8Array, leaveAfter = Infinity): Promise<Read> =>
  new Promise((resolve) => {
    const env = {
      PATH: process.env['PATH'],
      RXTORRENT_NO_DHT: '1',
      RXTORRENT_NO_LSD: '1',
      RXTORRENT_NO_LISTEN: '1',
      RXTORRENT_NO_PORT_MAPPING: '1',
      XDG_STATE_HOME: join(cwd, 'state'),
    };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: 'pipe' });
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= leaveAfter) child.stdout.destroy();
    });
    child.on('close', (code) => resolve({ code, stderr, bytes: Buffer.concat(chunks) }));
  });

const fileOf = ({ torrent, bytes }: Content, index: number): Buffer => {
  const { offset, length } = torrent.files[index] as (typeof torrent.files)[number];
  return Buffer.from(bytes.subarray(offset, offset + length));
};

describe('download -o -', () => {
  it('hands the file on, as it is, and writes nothing to disk', async () => {
    const { home, torrent, from } = await place(one);
    const { code, bytes, stderr } = await read(['download', torrent, '-o', '-', ...from], home);
    expect(code).toBe(0);
    expect(bytes.equals(one.bytes)).toBe(true);
    expect(stderr).toMatch(/complete, 3\.00 MiB/);
    expect(readdirSync(home)).toEqual(['a.torrent']);
  });

  it('tells no peer that we have anything, since it is gone', async () => {
    const heard: string[] = [];
    // A seed is never told what others have.
    const leecher = await peer(one, { have: [0], fast: true, onMessage: ({ type }) => void heard.push(type) });
    const { home, torrent, from, seed } = await place(one, { bytesPerSecond: 4 * MiB });
    await read(['download', torrent, '-o', '-', '--quiet', ...from, '--peer', `127.0.0.1:${leecher.port}`], home);
    expect(seed.wholePieces().length).toBeGreaterThan(40);
    expect(heard).toContain('interested');
    expect(heard.filter((type) => ['have', 'bitfield', 'haveAll', 'allowedFast'].includes(type))).toEqual([]);
  });

  it('takes what is piped into it, a link as well as a .torrent', async () => {
    const { home, from } = await place(one, withMetadata(one));
    for (const input of [one.metainfo, Buffer.from(`${toHex(one.torrent.infoHash)}\n`)]) {
      const { code, bytes } = await read(['download', '-', '-o', '-', '--quiet', ...from], home, input);
      expect([code, bytes.equals(one.bytes)]).toEqual([0, true]);
    }
  });

  it.each([
    ['1', 0],
    ['two', 1],
    ['3', 2],
  ])('hands on the one file of several that --files %s chooses, without what adjoins it', async (files, index) => {
    const { home, torrent, from } = await place(three);
    const { code, bytes } = await read(['download', torrent, '-o', '-', '--files', files, '--quiet', ...from], home);
    expect([code, bytes.equals(fileOf(three, index))]).toEqual([0, true]);
    expect(readdirSync(home)).toEqual(['a.torrent']);
  });

  it('takes the file that a magnet link selects', async () => {
    const { home, from } = await place(three, withMetadata(three));
    const link = `magnet:?xt=urn:btih:${toHex(three.torrent.infoHash)}&so=1`;
    const { code, bytes } = await read(['download', link, '-o', '-', '--quiet', ...from], home);
    expect([code, bytes.equals(fileOf(three, 1))]).toEqual([0, true]);
  });

  it.each<[why: string, args: readonly string[], says: string]>([
    ['several files', [], 'disc has 3 files, and stdout takes one: give --files'],
    ['several that are chosen', ['--files', '1,3'], '2 files are chosen, and stdout takes one'],
    ['--json', ['--files', '1', '--json'], '--json wants stdout, too'],
    ['--seed', ['--files', '1', '--seed'], 'leave out --seed'],
    ['another order', ['--files', '1', '--order', 'rarest'], 'leave out --order rarest'],
    ['another torrent', ['b.torrent'], 'stdout takes one torrent, and there are 2'],
    ['the .torrent', ['--save-torrent', '-'], '--save-torrent -: the result goes to stdout'],
  ])('refuses %s', async (_, args, says) => {
    const { home, torrent } = await place(three);
    const { code, stderr } = await read(
      ['download', torrent, '-o', '-', '--no-trackers', '--peer', '127.0.0.1:1', ...args],
      home,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('ends silently when its reader has left, as an interruption', async () => {
    const { home, torrent, from } = await place(one);
    const { code, bytes, stderr } = await read(['download', torrent, '-o', '-', ...from], home, undefined, 300_000);
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(bytes.equals(Buffer.from(one.bytes.subarray(0, bytes.length)))).toBe(true);
  });

  it('gives up with 4 when no peer has all of it, with the beginning handed on', async () => {
    const { home, torrent, from } = await place(one, { have: [0, 1, 3] });
    const { code, bytes } = await read(['download', torrent, '-o', '-', '--timeout', '2', ...from], home);
    expect([code, bytes.length]).toEqual([4, 2 * 65_536]);
  });

  it('never holds more than memory has room for, however slow the reader, and gives all in the end', async () => {
    const content = contentOf({ name: 'long', length: 24 * MiB, pieceLength: 2 ** 18 });
    let asked = 0;
    const { home, torrent, from } = await place(content, { onRequest: ({ length }) => void (asked += length) });
    const args = [MAIN, 'download', torrent, '-o', '-', '--memory', '2M', '--timeout', '2', '--quiet', ...from];
    const env = {
      PATH: process.env['PATH'],
      RXTORRENT_NO_DHT: '1',
      RXTORRENT_NO_LSD: '1',
      RXTORRENT_NO_LISTEN: '1',
      RXTORRENT_NO_PORT_MAPPING: '1',
    };
    const child = spawn(process.execPath, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.on('close', resolve));
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    while (asked < 2 * MiB) await pause(50);
    // Longer than --timeout: it is us who keep it waiting.
    await pause(3000);
    // Not even the first piece fits into a pipe and what this stream reads ahead.
    expect(asked).toBe(2 * MiB);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(await ended).toBe(0);
    expect(toHex(sha1(Buffer.concat(chunks)))).toBe(toHex(sha1(content.bytes)));
  });
});

describe('the one file', () => {
  it('is not counted with padding, nor found where none is chosen', () => {
    const file = (name: string, padding = false) => ({ path: [name], length: 1, offset: 0, padding, attributes: '' });
    const files = [file('a'), file('.pad', true), file('b')];
    expect(theFileOf({ name: 'x', files: files.slice(0, 2) }, undefined)).toBe(0);
    expect(theFileOf({ name: 'x', files }, [[1, 2]])).toBe(2);
    expect(() => theFileOf({ name: 'x', files }, undefined)).toThrow('x has 2 files, and stdout takes one');
  });
});

describe('an outlet', () => {
  const progress = { type: 'progress', phase: 'downloading' } as Progress;

  it('says that a reader keeps us waiting, and after two seconds why nothing comes', () => {
    let now = 0;
    let taken = (): void => undefined;
    const out = new Writable({ write: (_chunk, _encoding, done) => void (taken = () => done()) });
    const { sink, seen, broken } = outletTo(out, () => now);
    expect(seen(progress)).toBe(progress);
    let over = false;
    sink(new Uint8Array(9)).subscribe({ complete: () => (over = true) });
    now = 1999;
    expect(seen(progress)).toEqual({ ...progress, held: true });
    now = 2000;
    expect(seen(progress)).toEqual({
      ...progress,
      held: true,
      reason: 'the program that reads stdout is not reading: waiting for it',
    });
    expect(seen({ type: 'warning', code: 'x', message: 'y' })).toEqual({ type: 'warning', code: 'x', message: 'y' });
    taken();
    expect([over, broken(), seen(progress)]).toEqual([true, false, progress]);
  });

  it('is broken when its reader has left, and waits for the command to stop', async () => {
    const out = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    out.on('error', () => undefined);
    const { sink, broken } = outletTo(out);
    let told = false;
    sink(new Uint8Array(9)).subscribe({ complete: () => (told = true), error: () => (told = true) });
    await new Promise((resolve) => setImmediate(resolve));
    expect([broken(), told]).toEqual([true, false]);
  });
});

describe('create -o -', () => {
  it('writes the .torrent to stdout, messages for the user to stderr, and no file', async () => {
    const home = folder();
    writeFileSync(join(home, 'x'), 'content');
    const { code, bytes, stderr } = await read(['create', 'x', '-o', '-'], home);
    expect(code).toBe(0);
    expect(parseTorrent(bytes)).toMatchObject({ name: 'x', length: 7 });
    expect(stderr).toContain('magnet:?xt=urn:btih:');
    expect([existsSync(join(home, '-')), existsSync(join(home, 'x.torrent'))]).toEqual([false, false]);
    expect((await run(['create', join(home, 'x'), '-o', '-', '--json'])).stderr).toContain(
      '-o - and --json both want stdout',
    );
  });
});
