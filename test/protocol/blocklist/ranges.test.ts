import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blocklist } from '../../../src/protocol/blocklist/blocklist.ts';
import { IpRanges } from '../../../src/protocol/blocklist/ipRanges.ts';
import { MAX_LINE, parseRanges } from '../../../src/protocol/blocklist/parseRanges.ts';
import { RangeTable } from '../../../src/protocol/blocklist/rangeTable.ts';
import { formatIp } from '../../../src/protocol/encoding/ip.ts';

const read = (...lines: readonly string[]) => parseRanges(Buffer.from(lines.join('\n'), 'latin1'));
const first = (line: string, inside: readonly string[], outside: readonly string[]): void => {
  const { ranges, malformed } = read(line);
  ranges.check();
  expect([line, malformed]).toEqual([line, 0]);
  for (const host of inside) expect([line, host, ranges.has(host)]).toEqual([line, host, true]);
  for (const host of outside) expect([line, host, ranges.has(host)]).toEqual([line, host, false]);
};

describe('a list of ranges', () => {
  it('is P2P text, whatever the names are', () => {
    first('Some, name: with-dashes 1:192.0.2.10-192.0.2.20', ['192.0.2.10', '192.0.2.20'], ['192.0.2.9', '192.0.2.21']);
    first('\xe9\xff:000.000.000.000-000.255.255.255\r', ['0.0.0.0', '0.1.2.3'], ['1.0.0.0']);
    first('six:2001:db8::5-2001:db8::ff', ['2001:db8::5', '2001:db8::ff'], ['2001:db8::4', '2001:db8::100']);
    first('a-b:2001:db8::-2001:db8:0:1::', ['2001:db8::1'], ['2001:db8:0:1::1', '192.0.2.1']);
  });

  it('is eMule .dat, of which a level of 128 or more allows', () => {
    first('001.002.003.004 - 001.002.003.005 , 000 , Some - name', ['1.2.3.4', '1.2.3.5'], ['1.2.3.6']);
    first('1.2.3.4 - 1.2.3.5 , 127 , x', ['1.2.3.4'], []);
    first('1.2.3.4 - 1.2.3.5 , 128 , x', [], ['1.2.3.4']);
    first('2001:db8:: - 2001:db8::f , 100 , x-y', ['2001:db8::e'], ['2001:db8::10']);
    first('2001:db8:: - 2001:db8::f , 200 , x', [], ['2001:db8::e']);
  });

  it('is networks and addresses, with comments', () => {
    first('192.0.2.77/24 # ours', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']);
    first('192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7', '64:ff9b::192.0.2.7'], ['192.0.2.6', '192.0.2.8']);
    first('0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['2001:db8::1', 'peer.example']);
    first('2001:db8::/33 ; SBL1', ['2001:db8:7fff:ffff:ffff:ffff:ffff:ffff'], ['2001:db8:8000::']);
    first('::/0', ['::', '2001:db8::1', 'fe80::1%eth0'], ['192.0.2.1']);
    expect(read('# one', '; two', '// three', '', '   ', '10.0.0.1')).toMatchObject({ malformed: 0 });
  });

  it('counts lines that are none of these, and tells the first', () => {
    const bad = ['nothing', '1.2.3.256', '1.2.3.4/33', '2001:db8::/129', '1.2.3.5-1.2.3.4', ':-', '1.2.3.4-', '\0\0'];
    const long = `${'x'.repeat(MAX_LINE)}:1.2.3.4-1.2.3.5`;
    const { ranges, malformed, firstMalformed } = read('9.9.9.9', ...bad, long, '2001:db8::2-2001:db8::1', '8.8.8.8');
    expect([ranges.size, malformed, firstMalformed]).toEqual([2, bad.length + 2, 2]);
    expect(read('1.2.3.4').firstMalformed).toBeUndefined();
  });

  it('takes any bytes, in time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseRanges(bytes).ranges.check();
      }),
    );
    for (const evil of ['1:'.repeat(500), '-'.repeat(999), 'a:-'.repeat(333), '1.2.3.4 '.repeat(120), ' '.repeat(999)])
      expect(read(...Array.from({ length: 300 }, () => evil)).ranges.size).toBe(0);
  });

  it('knows each address as a search through all ranges does, in whatever order they come', () => {
    const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const near = fc.oneof(number, fc.integer({ min: 2 ** 31 - 9, max: 2 ** 31 + 9 }));
    const range = fc.tuple(near, near).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const ip = (value: number): string => formatIp(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
    const six = (value: number): string => `2001:db8::${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
    fc.assert(
      fc.property(fc.array(range, { maxLength: 40 }), fc.array(near, { maxLength: 40 }), (all, asked) => {
        const { ranges } = read(...all.flatMap(([a, b]) => [`x:${ip(a)}-${ip(b)}`, `x:${six(a)}-${six(b)}`]));
        ranges.check();
        for (const each of [...asked, ...all.flat()]) {
          const isIn = all.some(([a, b]) => a <= each && each <= b);
          expect([ranges.has(ip(each)), ranges.has(six(each))]).toEqual([isIn, isIn]);
        }
      }),
    );
  });

  it('holds three hundred thousand', () => {
    const { add, done } = IpRanges.begin();
    for (let each = 0; each < 300_000; each++) {
      const bytes = Uint8Array.of(each >>> 16, each >>> 8, each, 0);
      add(bytes, bytes);
    }
    const ranges = done();
    ranges.check();
    expect([ranges.size, ranges.has('4.147.223.0'), ranges.has('4.147.223.1')]).toEqual([300_000, true, false]);
  });

  it('is told when it is out of order', () => {
    expect(() => new RangeTable(1, Uint32Array.of(5), Uint32Array.of(4)).check()).toThrow('ends before it begins');
  });
});

describe('a blocklist', () => {
  it('blocks what one of its lists has, but for exceptions', () => {
    const list = new Blocklist([read('10.0.0.0/8').ranges, read('192.0.2.1').ranges], [read('10.1.0.0/16').ranges]);
    const of = (...hosts: readonly string[]) => hosts.map((host) => list.blocks(host));
    expect(of('10.0.0.1', '10.1.0.1', '192.0.2.1', '192.0.2.2', 'peer.example')).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect([list.size, new Blocklist([]).blocks('192.0.2.1')]).toEqual([2, false]);
  });
});
