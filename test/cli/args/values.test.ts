import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/cli/args/nearest.ts';
import {
  address,
  flag,
  oneOf,
  seconds,
  size,
  text,
  texts,
  trackerAddress,
  wholeNumber,
} from '../../../src/cli/args/values.ts';
import { duration } from '../../../src/cli/io/units.ts';
import { InputError } from '../../../src/contracts/errors.ts';

describe('values', () => {
  it('takes whole numbers within a range', () => {
    expect(wholeNumber({}, 'port', 1, 65_535)).toBeUndefined();
    expect(wholeNumber({ port: '6881' }, 'port', 1, 65_535)).toBe(6881);
  });

  it.each(['0', '65536', '-1', '1.5', '1e3', '0x10', 'abc', ' 1', '99999999999999999999', 'NaN', ''])(
    'refuses the port %j',
    (port) => {
      expect(() => wholeNumber({ port }, 'port', 1, 65_535)).toThrow(InputError);
    },
  );

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

  it.each([
    ['90', 90],
    ['0.5', 0.5],
    ['90s', 90],
    ['5m', 300],
    ['5 min', 300],
    ['2h', 7200],
    ['1d', 86_400],
    ['1h30m', 5400],
    ['1 h 4 min', 3840],
    ['1.5h', 5400],
    ['1d2h3m4.5s', 93_784.5],
    ['2H', 7200],
    ['90m', 5400],
    ['23d', 1_987_200],
  ])('takes the time %s', (timeout, time) => expect(seconds({ timeout }, 'timeout')).toBe(time));

  // Node's timers would take anything longer for a millisecond.
  it.each([
    '0',
    '0s',
    '-1',
    'soon',
    '2147484',
    '24d',
    '5x',
    '1s2m',
    '5m5m',
    'm',
    '1h30',
    ' 90',
    '90s ',
    '1e3',
    '5..5m',
    '0x10',
    '5ms',
  ])('refuses the time %j, with an example', (timeout) =>
    expect(() => seconds({ timeout }, 'timeout')).toThrow(
      /^--timeout ".*": expected a time above 0 and up to 23d, for example 90s, 5m/,
    ),
  );

  it('reads the times that it prints', () => {
    for (const time of [1, 59, 60, 61, 3600, 3660, 86_400, 90_000])
      expect(seconds({ timeout: duration(time) }, 'timeout')).toBe(time);
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
    for (const bad of [
      'udp://t.example',
      'udp://t.example:0',
      'http://t .example',
      'file:///etc/passwd',
      't.example',
      '',
    ])
      expect(() => trackerAddress('tracker', bad)).toThrow('--tracker');
    expect(oneOf({ order: 'rarest' }, 'order', ['rarest', 'sequential'])).toBe('rarest');
    expect(() => oneOf({ order: 'best' }, 'order', ['rarest', 'sequential'])).toThrow(
      '--order "best": expected rarest or sequential',
    );
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
