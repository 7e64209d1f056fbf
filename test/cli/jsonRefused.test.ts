import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commandTable.ts';
import { fixture, run } from './run.ts';
import { infoHash, checked, json, REFUSED } from './jsonRun.ts';

describe('each command with --json, when it makes no sense', () => {
  it.each(Object.keys(commands))('%s', async (name) => {
    expect(await json(name, '--no-such-option')).toEqual(REFUSED);
    if (!commands[name]?.usage.includes('<')) return;
    expect(await json(name)).toEqual(REFUSED);
  });

  it.each([
    [[]],
    [['frobnicate']],
    [['info', '/nowhere/x.torrent']],
    [['info', fixture('corrupt.torrent')]],
    [['magnet_parse', 'x']],
    [['decode', 'x']],
    [['completion', 'tcsh']],
    [['create', '/nowhere']],
    [['verify', fixture('numbers.torrent'), '/nowhere']],
    [['handshake', infoHash, 'x']],
    [['peers', infoHash, '--count', '0']],
    [['download_piece', fixture('numbers.torrent'), '0', '-o', '-']],
    [['download', fixture('numbers.torrent'), '-o', '-']],
    [['download', fixture('numbers.torrent'), '--port', 'x']],
    [['seed', '/nowhere']],
    [['demo', '--size', '1']],
  ])('%j', async (args) => expect(await json(...args)).toEqual(REFUSED));

  it('gives up on a web server that is down', async () => {
    expect(await json('info', 'http://127.0.0.1:1/x.torrent', '--timeout', '1')).toEqual([
      4,
      'gave-up',
      ['start', 'error', 'end'],
    ]);
  });

  it('is told by the environment, too', async () => {
    expect(checked(await run(['info', '/nowhere'], { env: { RXTORRENT_JSON: '1' } }))).toEqual(REFUSED);
    expect((await run(['info', '/nowhere', '--json=false'], { env: { RXTORRENT_JSON: '1' } })).stdout).toBe('');
  });
});
