import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCode, explain, GaveUp, Interrupted } from '../../src/cli/io/exit.ts';
import { jsonOfError } from '../../src/contracts/json/jsonOf.ts';
import { InputError, InvariantError, NetworkError, StorageError } from '../../src/contracts/errors.ts';
import { fixture, folder, MAIN, run, told } from './run.ts';

const numbers = fixture('numbers.torrent');

describe('what makes no sense is said in one line, with exit code 2', () => {
  it.each<[args: string[], says: string]>([
    [[], 'a command is missing: try rxtorrent --help'],
    [['--json'], 'a command is missing before --json'],
    [['inof'], 'unknown command inof: did you mean rxtorrent info?'],
    [['downlaod', 'x'], 'did you mean rxtorrent download?'],
    [['x.torrent'], 'did you mean rxtorrent download x.torrent?'],
    [['frobnicate'], 'unknown command frobnicate: try rxtorrent --help'],
    [['evil\x1b[2J\ncommand'], 'unknown command evil\\x1b[2J\\x0acommand'],
    [['info'], 'info: an argument is missing: rxtorrent info <source>'],
    [['verify', numbers], 'verify: an argument is missing: rxtorrent verify <torrent> <path>'],
    [['decode'], 'decode: an argument is missing'],
    [['decode', 'le', '--file', 'x'], 'not both'],
    [['decode', '--', '-x'], 'the argument: '],
    [['decode', '--', 'le', '-x'], '-x is one argument too many'],
    [['info', '--', '--quiet'], 'cannot read --quiet: there is no such file'],
    [['download', '--', '-a.torrent'], 'cannot read -a.torrent: there is no such file'],
    [['info', numbers, 'more'], 'more is one argument too many'],
    [['info', numbers, '--peices'], 'unknown option --peices: did you mean --pieces?'],
    [['info', numbers, '-x'], 'unknown option -x'],
    [['info', numbers, '--json=maybe'], '--json takes no value'],
    [['info', numbers, '--__proto__.x', '1'], 'unknown option --__proto__.x'],
    [['download', '--prot', '1'], 'did you mean --port?'],
    [['download', numbers, '--port'], '--port needs a value'],
    [['download', numbers, '--port', ''], '--port is empty'],
    [['download', numbers, '--port', 'abc'], '--port "abc": expected a whole number from 1 to 65535'],
    [['download', numbers, '--port', '70000'], '--port "70000"'],
    [['download', numbers, '--port', '1', '--port', '2'], '--port is given 2 times'],
    [['download', numbers, '--max-peers', '0'], '--max-peers "0"'],
    [['download', numbers, '--order', 'best'], 'expected rarest or sequential'],
    [['download', numbers, '--memory', '1'], '--memory "1"'],
    [['download', numbers, '--timeout', '-1'], '--timeout "-1": expected a time above 0'],
    [['download', numbers, '--down-limit-each', 'much'], '--down-limit-each "much": expected a size'],
    [['download', numbers, '--peer', 'nobody'], '--peer "nobody": expected host:port'],
    [
      ['download', numbers, '--tracker', 'ftp://x'],
      '--tracker "ftp://x": expected http(s)://host/announce or udp://host:port',
    ],
    [['demo', '--size', '1'], '--size "1"'],
    [
      ['info', '/nowhere/x.torrent'],
      'cannot read /nowhere/x.torrent: there is no such file, nor is it an http(s) URL, a magnet link or an info-hash',
    ],
    [['handshake', 'xyz', '127.0.0.1:1'], 'cannot read xyz: there is no such file, nor'],
    [
      ['info', 'http://a b.example/x.torrent'],
      'cannot fetch http://a b.example/x.torrent: not a URL: check the address',
    ],
    [['info', '/'], 'cannot read /: it is a folder'],
    [['info', '/dev/zero'], '/dev/zero: more than'],
    [['info', fixture('corrupt.torrent')], 'info.name: expected a string'],
    [['info', fixture('alice.txt')], 'is it really a .torrent file?'],
    [['download_piece', numbers, '0', '-o', '/nowhere/piece'], '/nowhere: there is no such folder'],
    [['create', numbers, '-o', join(numbers, 'in', 'it')], 'there is no such folder'],
    [
      ['verify', `magnet:?xt=urn:btih:${'0'.repeat(40)}`, '.'],
      'a magnet link has no hashes of pieces: name the .torrent',
    ],
    [['verify', join(numbers, 'in'), '.'], 'a part of its path is a file, not a folder: check the path'],
    [['verify', numbers, '/nowhere'], '/nowhere: there is no such file or folder'],
    [['verify', numbers, numbers], 'is a file, and the torrent has several'],
    [['download', numbers, '-o', numbers], 'is a file, and the torrent needs a folder'],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toMatch(/^rxtorrent: [^\n\x1b]+\n$/);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
    if (args.includes('--json')) expect(told(stdout)).toMatchObject([{ type: 'error', name: 'InputError' }]);
    else expect(stdout).toBe('');
  });

  it.each([
    ['create', numbers, '-o'],
    ['download_piece', numbers, '0', '-o'],
    ['download', numbers, '-o'],
    ['verify', numbers],
  ])('and what the disk refuses to look at is no defect of ours: %s', async (...args) => {
    expect(await run([...args, 'x'.repeat(300)])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^rxtorrent: [^\n]*the path is too long[^\n]*\n$/) as string,
    });
  });

  it('says so of the environment too, but not of what other commands take from it', async () => {
    expect(await run(['download', numbers], { env: { RXTORRENT_PORT: 'x' } })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^rxtorrent: RXTORRENT_PORT="x": expected [^\n]*\n$/) as string,
    });
    expect(await run(['info', numbers], { env: { RXTORRENT_PORT: 'x', RXTORRENT_MEMORY: 'y' } })).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await run(['info', numbers], { env: { RXTORRENT_MAX_PEER: '5' } })).toMatchObject({
      code: 0,
      stderr: 'warning: RXTORRENT_MAX_PEER is not the variable of any option: did you mean RXTORRENT_MAX_PEERS?\n',
    });
    expect((await run(['info', numbers], { env: { RXTORRENT_JSON: '1' } })).stdout).toMatch(
      /^\{"type":"info".*"name":"numbers"/m,
    );
  });

  it('is an object too with --json, and has a stack with --verbose', async () => {
    const { code, stdout, stderr } = await run(['info', '/nowhere', '--json', '--verbose']);
    expect(code).toBe(2);
    expect(told(stdout)).toEqual([
      { type: 'error', name: 'InputError', code: 'bad-option', message: expect.stringContaining('/nowhere') as string },
    ]);
    expect(stderr).toMatch(/^rxtorrent: cannot read .*\nInputError: [^]*\n {4}at /);
  });

  it('names BEP 52 for a torrent of a version to come', async () => {
    const file = join(folder(), 'v2.torrent');
    writeFileSync(file, 'd4:infod9:file treede12:meta versioni3e4:name1:a12:piece lengthi16384eee');
    const { code, stdout } = await run(['info', file, '--json']);
    expect(code).toBe(2);
    expect(told(stdout)).toMatchObject([{ code: 'unsupported', message: expect.stringContaining('BEP 52') as string }]);
  });
});

describe('help and version', () => {
  it('have a letter', async () => {
    expect(await run(['-h'])).toEqual(await run(['--help']));
    expect(await run(['info', '-h'])).toEqual(await run(['info', '--help']));
  });

  it('go to stdout', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['download', 'info', 'decode', 'verify', 'demo'])
      expect(help.stdout).toContain(` ${command} `);
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(['download', '--help'])).stdout).toContain('--max-peers');
  });
});

describe('stdout', () => {
  it('may be closed by its reader: that is no failure', async () => {
    const child = spawn(
      'sh',
      ['-c', `"$0" "$1" info "$2" | head -1; echo`, process.execPath, MAIN, fixture('sintel.torrent')],
      { stdio: 'pipe' },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stderr.on('data', (text) => (stderr += String(text)));
    await new Promise((resolve) => child.on('close', resolve));
    expect({ stdout, stderr }).toEqual({ stdout: 'Tracker URL: none\n\n', stderr: '' });
  });
});

describe('exit codes', () => {
  it.each([
    [new InputError('bad-option', 'x'), 2],
    [new StorageError('full', 'x'), 3],
    [new GaveUp('timeout', 'x'), 4],
    [new NetworkError('refused', 'there', 'x'), 4],
    [new InvariantError('x'), 70],
    [new TypeError('x'), 70],
    ['not even an error', 70],
    [undefined, 70],
    [new Interrupted(), 130],
  ])('%s is %i', (error, code) => {
    expect(exitCode(error)).toBe(code);
    expect(explain(error).includes('a defect of rxtorrent')).toBe(code === 70);
    expect(jsonOfError(error)).toMatchObject({
      type: 'error',
      name: expect.any(String) as string,
      message: expect.any(String) as string,
    });
  });
});
