import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bencodedJson } from '../../src/cli/views/bencoded.ts';
import { decode } from '../../src/protocol/encoding/bencode.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { fixture, folder, run, start, told } from './run.ts';

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

describe('info', () => {
  it('prints the known lines first, then what it is, then the files, and hashes last', async () => {
    const { code, stdout, stderr } = await run(['info', fixture('numbers.torrent')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'Tracker URL: none',
      'Length: 6',
      'Info Hash: 89d97c2261a21b040cf11caa661a3ba7233bb7e6',
      'Piece Length: 16384',
      'Name: numbers',
      'Size: 6 B in 1 piece',
      'Magnet Link: magnet:?xt=urn:btih:89d97c2261a21b040cf11caa661a3ba7233bb7e6&dn=numbers&xl=6',
      'Creation Date: 1449730287842',
      'Files: 3',
      '1       1 B  1.txt',
      '2       2 B  2.txt',
      '3       3 B  3.txt',
      'Piece Hashes:',
      '1f74648e50a6a6708ec54ab327a163d5536b7ced',
      '',
    ]);
  });

  it('shows twenty hashes, on a pipe, too, and all with --pieces', async () => {
    const few = (await run(['info', fixture('sintel.torrent')])).stdout.split('\n');
    expect(few.slice(-3)).toEqual([
      expect.stringMatching(/^[0-9a-f]{40}$/),
      '… and 1290 more (--pieces shows all)',
      '',
    ]);
    expect(few.slice(few.indexOf('Piece Hashes:') + 1)).toHaveLength(22);
    const all = (await run(['info', fixture('sintel.torrent'), '--pieces'])).stdout.split('\n');
    expect(all.slice(all.indexOf('Piece Hashes:') + 1)).toHaveLength(1311);
  });

  it.each([
    ['leaves', 'd2474e86c95b19b8bcfdb92bc12c9d44667cfa36', 23],
    ['sintel', 'c334138ef5bfc2d568ea7324e0e2a3a7ec229bdd', 1310],
    ['bunny', 'af8f10f30bf9aefecf3686922bfa0d5bd290a395', 830],
    ['folder', 'b88da2caac6648e6c7d7687e3f89085f7e230e6b', 1],
  ])('is one object for a program: %s', async (name, infoHash, pieceCount) => {
    const { code, stdout } = await run(['info', '--json', '--pieces', fixture(`${name}.torrent`)]);
    const [torrent, ...more] = told(stdout);
    expect(code).toBe(0);
    expect(more).toEqual([]);
    expect(torrent).toMatchObject({ type: 'info', torrent: infoHash, infoHash, pieceCount, announce: [] });
    const hashes = torrent?.['pieceHashes'] as string[];
    expect(hashes).toHaveLength(pieceCount);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{40}$/);
    const { stdout: without } = await run(['info', '--json', fixture(`${name}.torrent`)]);
    expect(told(without)[0]).not.toHaveProperty('pieceHashes');
  });

  it('shows all trackers, and nothing that a terminal would act on', async () => {
    const file = join(folder(), 'evil.torrent');
    const content = {
      name: 'a\x1b]0;b\x07',
      pieceLength: 16384,
      pieceHashes: new Uint8Array(20),
      files: [{ path: ['x\u202etxt.exe'], length: 5 }],
    };
    writeFileSync(
      file,
      encodeTorrent({
        ...content,
        announce: [['http://a.example/announce', 'http://b.example/announce'], ['udp://c.example:1']],
        comment: '\x1b[2J',
      }),
    );
    const { stdout } = await run(['info', file]);
    expect(stdout.split('\n').slice(0, 3).sort()).toEqual(
      ['http://a.example/announce', 'http://b.example/announce', 'udp://c.example:1'].map(
        (url) => `Tracker URL: ${url}`,
      ),
    );
    expect(stdout).not.toMatch(/[\x1b\x07\u202e]/);
    expect(stdout).toContain('\\x1b[2J');
    const json = (await run(['info', file, '--json'])).stdout;
    expect(json).not.toMatch(/[\x1b\x07\u202e]/);
    expect(told(json)[0]).toMatchObject({
      name: 'a\x1b]0;b\x07',
      comment: '\x1b[2J',
      files: [{ originalPath: 'a\x1b]0;b\x07/x\u202etxt.exe', length: 5 }],
    });
  });

  it('fetches a .torrent from a web server', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/a.torrent') response.end(readFileSync(fixture('numbers.torrent')));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await run(['info', `${url}/a.torrent`])).stdout).toContain(
      'Info Hash: 89d97c2261a21b040cf11caa661a3ba7233bb7e6',
    );
    const missing = await run(['info', `${url}/b.torrent`]);
    expect(missing).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `rxtorrent: cannot fetch ${url}/b.torrent: the server answered 404\n`,
    });
  });

  it.each(['info', 'download', 'peers', 'handshake'])(
    'Ctrl-C ends %s with 130 while a web server lets it wait',
    async (command) => {
      let asked = (): void => {};
      const waiting = new Promise<void>((resolve) => (asked = resolve));
      const server = createServer(() => asked());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.torrent`;
      const running = start([command, url, ...(command === 'handshake' ? ['127.0.0.1:1'] : [])]);
      await waiting;
      running.kill('SIGINT');
      expect(await running.ended).toEqual({ code: 130, stdout: '', stderr: '' });
    },
  );

  it.each(['info', 'decode', 'help', 'download'])(
    'of info, decode, help and download only the last loads rxjs: %s',
    async (command) => {
      const list = join(folder(), 'list.mjs');
      writeFileSync(
        list,
        // In the bundle each module is a function with its path for a name.
        `import inspector from 'node:inspector';
      const session = new inspector.Session();
      session.connect();
      session.post('Profiler.enable');
      session.post('Profiler.startPreciseCoverage', { callCount: true });
      process.on('exit', () => session.post('Profiler.takePreciseCoverage', (_, { result }) => {
        const called = result.flatMap(({ functions }) => functions.filter(({ ranges }) => ranges[0].count > 0));
        const names = called.map(({ functionName }) => functionName);
        console.error(JSON.stringify(names.filter((name) => name.endsWith('.js'))));
      }));`,
      );
      const args =
        {
          info: ['info', fixture('numbers.torrent')],
          decode: ['decode', 'le'],
          help: ['--help'],
          download: ['download', fixture('numbers.torrent'), '--no-trackers'],
        }[command] ?? [];
      const { code, stderr } = await run(args, { node: ['--import', list] });
      expect(code).toBe(command === 'download' ? 4 : 0);
      const loaded = JSON.parse(stderr.split('\n').at(-2) ?? '') as string[];
      expect(loaded).toContainEqual(expect.stringMatching(/cli\/commandLine\.js$/));
      expect(loaded.some((name) => /rxjs\/dist\/esm\/internal\/Observable\.js$/.test(name))).toBe(
        command === 'download',
      );
      expect(loaded.some((name) => /\/ora\//.test(name))).toBe(false);
    },
  );
});

describe('decode', () => {
  it.each([
    ['5:hello', '"hello"'],
    ['i-52e', '-52'],
    ['l5:helloi52ee', '["hello",52]'],
    ['d3:foo3:bar5:helloi52ee', '{"foo":"bar","hello":52}'],
    ['d1:bi1e1:ai2ee', '{"b":1,"a":2}'],
    ['i18446744073709551615e', '18446744073709551615'],
    ['i9007199254740993e', '9007199254740993'],
    ['d9:__proto__i1ee', '{"__proto__":1}'],
    ['6:Grüß', '"Grüß"'],
    ['0:', '""'],
  ])('%s is %s', async (bencoded, json) =>
    expect(await run(['decode', bencoded])).toEqual({ code: 0, stdout: `${json}\n`, stderr: '' }),
  );

  it('loses no byte', () => {
    expect(bencodedJson(decode(latin1('3:\xff\x00\xe2')))).toBe('{"$hex":"ff00e2"}');
    expect(bencodedJson(decode(latin1('d2:\xff\xfei1ee')))).toBe('{"$hex:fffe":1}');
    // What looks like our own mark can't be mistaken for it.
    expect(bencodedJson(decode(latin1('d4:$hex2:ffe')))).toBe('{"$hex:24686578":"ff"}');
    expect(bencodedJson(decode(latin1('4:\x1b[2J')))).toBe('"\\u001b[2J"');
  });

  it('reads a file or stdin, with a newline at the end', async () => {
    const file = join(folder(), 'f');
    writeFileSync(file, 'd1:ai1ee\r\n');
    expect((await run(['decode', '--file', file])).stdout).toBe('{"a":1}\n');
    expect((await run(['decode', '--file', '-'], { input: 'le\n' })).stdout).toBe('[]\n');
    expect((await run(['decode'], { env: { RXTORRENT_FILE: file } })).stdout).toBe('{"a":1}\n');
  });

  it.each([
    'i',
    'i-0e',
    'i03e',
    '5:hell',
    'd1:a',
    'l-3:ee',
    'd-3:e',
    'le!',
    'x',
    `${'l'.repeat(101)}${'e'.repeat(101)}`,
  ])('refuses %s', async (bencoded) => {
    const { code, stdout, stderr } = await run(['decode', bencoded]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^rxtorrent: the argument: [^\n]+\n$/);
  });
});
