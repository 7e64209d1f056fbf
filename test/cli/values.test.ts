import { describe, expect, it } from 'vitest';
import { fromEnvironment } from '../../src/cli/environment.ts';
import { nearest } from '../../src/cli/nearest.ts';
import { downloadOptions } from '../../src/cli/options.ts';
import { address, flag, oneOf, seconds, size, text, texts, trackerAddress, wholeNumber } from '../../src/cli/values.ts';
import { InputError } from '../../src/errors.ts';

describe('values', () => {
  it('takes whole numbers within a range', () => {
    expect(wholeNumber({}, 'port', 1, 65_535)).toBeUndefined();
    expect(wholeNumber({ port: '6881' }, 'port', 1, 65_535)).toBe(6881);
  });

  it.each(['0', '65536', '-1', '1.5', '1e3', '0x10', 'abc', ' 1', '99999999999999999999', 'NaN', ''])('refuses the port %j', (port) => {
    expect(() => wholeNumber({ port }, 'port', 1, 65_535)).toThrow(InputError);
  });

  it('refuses what is given twice', () => {
    expect(() => wholeNumber({ port: ['1', '2'] }, 'port', 1, 65_535)).toThrow('--port is given 2 times: give it once');
    expect(texts({ peer: ['a', 'b'] }, 'peer')).toEqual(['a', 'b']);
    expect(text({ o: 'x' }, 'o')).toBe('x');
    expect(flag({ json: [false, true] }, 'json')).toBe(true);
  });

  it.each([
    ['1048576', 2 ** 20],
    ['64M', 64 * 2 ** 20],
    ['64MiB', 64 * 2 ** 20],
    ['1.5 g', 1.5 * 2 ** 30],
    ['2048k', 2 ** 21],
  ])('takes the size %s', (memory, bytes) => expect(size({ memory }, 'memory', 2 ** 20, 2 ** 34)).toBe(bytes));

  it.each(['1', '64T', 'M', '-64M', '64 M B', '1e9'])('refuses the size %s', (memory) => {
    expect(() => size({ memory }, 'memory', 2 ** 20, 2 ** 34)).toThrow('--memory');
  });

  it('takes seconds above 0', () => {
    expect(seconds({ timeout: '0.5' }, 'timeout')).toBe(0.5);
    // Node's timers would take anything longer for a millisecond.
    for (const timeout of ['0', '-1', 'soon', '2147484']) expect(() => seconds({ timeout }, 'timeout')).toThrow('--timeout');
  });

  it('takes hosts and ports', () => {
    expect(address('peer', '192.0.2.7:6881')).toEqual({ host: '192.0.2.7', port: 6881, source: 'manual' });
    expect(address('peer', '[2001:db8::7]:1')).toEqual({ host: '2001:db8::7', port: 1, source: 'manual' });
    expect(address('peer', 'localhost:65535').host).toBe('localhost');
    for (const bad of ['localhost', ':1', 'a:0', 'a:65536', '::1:6881', '[::1]', 'http://a:1', 'a b:1', ''])
      expect(() => address('peer', bad)).toThrow('--peer');
  });

  it('takes http and https trackers, one of some words', () => {
    expect(trackerAddress('tracker', 'https://t.example/announce?x=1')).toBe('https://t.example/announce?x=1');
    expect(trackerAddress('tracker', 'udp://t.example:1')).toBe('udp://t.example:1');
    for (const bad of ['udp://t.example', 'udp://t.example:0', 'http://t .example', 'file:///etc/passwd', 't.example', ''])
      expect(() => trackerAddress('tracker', bad)).toThrow('--tracker');
    expect(oneOf({ order: 'rarest' }, 'order', ['rarest', 'sequential'])).toBe('rarest');
    expect(() => oneOf({ order: 'best' }, 'order', ['rarest', 'sequential'])).toThrow('--order "best": expected rarest or sequential');
  });
});

describe('fromEnvironment', () => {
  it('takes the options of a command, and leaves others alone', () => {
    const environment = { RXTORRENT_MAX_PEERS: '7', RXTORRENT_QUIET: '1', RXTORRENT_RECHECK: '0', RXTORRENT_PEER: 'a:1 b:2', RXTORRENT_PIECES: 'x', PORT: '1' };
    expect(fromEnvironment(environment, downloadOptions)).toEqual({ 'max-peers': '7', quiet: true, recheck: false, peer: ['a:1', 'b:2'] });
  });

  it('refuses a flag that is neither', () => {
    expect(() => fromEnvironment({ RXTORRENT_QUIET: 'maybe' }, downloadOptions)).toThrow('RXTORRENT_QUIET="maybe": expected 1 or 0');
  });
});

describe('nearest', () => {
  const words = ['download', 'info', 'decode', 'verify', 'demo'];

  it.each([
    ['downlaod', 'download'],
    ['inof', 'info'],
    ['inf', 'info'],
    ['verfy', 'verify'],
    ['do', 'download'],
    ['frobnicate', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('%s is like %s', (typed, word) => expect(nearest(typed, words)).toBe(word));
});
