import net from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeNodes,
  decodePeers,
  type Endpoint,
  encodeNodes,
  encodePeers,
  type IpLength,
} from '../../../src/protocol/encoding/compact.ts';
import { formatIp, parseIp } from '../../../src/protocol/encoding/ip.ts';
import { isUnicast } from '../../../src/protocol/encoding/reach.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';

const of = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const v6 = (text: string): Uint8Array => parseIp(text) ?? of();

describe('addresses as text', () => {
  it.each([
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80::', 'fe80::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:192.0.2.33', '192.0.2.33'],
    ['192.0.2.33', '192.0.2.33'],
  ])('%s is %s', (text, canonical) => {
    expect(formatIp(v6(text))).toBe(canonical);
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it.each([
    '12345::',
    'g::',
    'fe80::1%eth0',
    '[::1]',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    'localhost',
    '::1.2.3.4:5',
  ])('%j is none either', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('agrees with Node on what is an address', () => {
    const piece = fc.constantFrom('1', 'ff', '0', ':', '::', '.', '255', 'fffff', '1.2.3.4', 'x');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
          fc.ipV4(),
          fc.ipV6(),
        ),
        (text) => {
          expect(parseIp(text)?.length ?? 0).toBe({ 0: 0, 4: 4, 6: 16 }[net.isIP(text)]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('what is written is read, and in one form only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(15), fc.nat(16), (bytes, start, length) => {
        bytes.fill(0, start, start + length);
        const text = formatIp(bytes);
        if (text.includes(':')) expect(parseIp(text)).toEqual(bytes);
        else expect(parseIp(`::ffff:${text}`)).toEqual(bytes);
        expect(formatIp(parseIp(text) ?? of())).toBe(text);
      }),
    );
  });

  it.each<[string, boolean]>([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['223.255.255.255', true],
    ['0.0.0.0', false],
    ['0.1.2.3', false],
    ['224.0.0.1', false],
    ['239.255.255.255', false],
    ['255.255.255.255', false],
    ['::1', true],
    ['2001:db8::1', true],
    ['::', false],
    ['ff02::1', false],
    ['::ffff:224.0.0.1', false],
    ['::ffff:0.0.0.0', false],
    ['::ffff:10.0.0.1', true],
  ])('a peer can be at %s: %s', (text, possible) => {
    expect(isUnicast(v6(text))).toBe(possible);
  });
});

describe('compact peers', () => {
  it('6 and 18 bytes each', () => {
    expect(decodePeers(of(127, 0, 0, 1, 0x1a, 0xe1, 10, 0, 0, 2, 0xff, 0xff), 4)).toEqual([
      { host: '127.0.0.1', port: 6881 },
      { host: '10.0.0.2', port: 65535 },
    ]);
    expect(decodePeers(of(...v6('2001:db8::1'), 0, 80), 16)).toEqual([{ host: '2001:db8::1', port: 80 }]);
    expect(decodePeers(of(), 4)).toEqual([]);
  });

  it('leave out port 0 and where no peer can be', () => {
    const good = [10, 0, 0, 1, 0, 1];
    const bad = [
      [10, 0, 0, 1, 0, 0],
      [0, 0, 0, 0, 0, 1],
      [255, 255, 255, 255, 0, 1],
      [239, 1, 1, 1, 0, 1],
    ];
    expect(decodePeers(of(...bad.flat(), ...good), 4)).toEqual([{ host: '10.0.0.1', port: 1 }]);
    expect(decodePeers(of(...v6('::'), 0, 1, ...v6('ff02::1'), 0, 1, ...v6('::1'), 0, 0), 16)).toEqual([]);
  });

  it('stop at the limit, counting those that are kept', () => {
    const bytes = of(0, 0, 0, 0, 0, 1, ...Array.from({ length: 5 }, (_, i) => [10, 0, 0, i, 0, 1]).flat());
    expect(decodePeers(bytes, 4, 2).map(({ host }) => host)).toEqual(['10.0.0.0', '10.0.0.1']);
  });

  it('of any other length mean nothing', () => {
    for (const length of [1, 5, 7, 13])
      expect(() => decodePeers(new Uint8Array(length), 4)).toThrow(
        `compact peers: expected a multiple of 6 bytes, got ${length}`,
      );
    expect(() => decodePeers(new Uint8Array(6), 16)).toThrow(Malformed);
    expect(() => decodeNodes(new Uint8Array(27), 4)).toThrow('compact nodes: expected a multiple of 26 bytes, got 27');
    expect(() => decodeNodes(new Uint8Array(26), 16)).toThrow('a multiple of 38 bytes');
  });

  it('keep no part of the packet they came in', () => {
    const packet = Buffer.concat([Buffer.alloc(20, 7), of(10, 0, 0, 1, 0, 1)]);
    const [node] = decodeNodes(packet, 4);
    packet.fill(0);
    expect(node?.id).toEqual(new Uint8Array(20).fill(7));
  });

  it('encode only what has that length, and no names', () => {
    const peers = [
      { host: '10.0.0.1', port: 258 },
      { host: '::1', port: 1 },
      { host: 'localhost', port: 1 },
    ];
    expect(encodePeers(peers, 4)).toEqual(of(10, 0, 0, 1, 1, 2));
    expect(encodePeers(peers, 16)).toEqual(of(...v6('::1'), 0, 1));
  });

  const port = fc.integer({ min: 1, max: 65535 });
  const endpoint = (length: IpLength): fc.Arbitrary<Endpoint> =>
    fc.record({
      host: fc
        .uint8Array({ minLength: length, maxLength: length })
        .filter(isUnicast)
        .map(formatIp)
        .filter((host) => parseIp(host)?.length === length),
      port,
    });

  it.each<IpLength>([4, 16])('what is written is read (%d)', (length) => {
    const id = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(id, endpoint(length))), (pairs) => {
        const peers = pairs.map(([, peer]) => peer);
        const nodes = pairs.map(([each, peer]) => ({ id: each, ...peer }));
        expect(decodePeers(encodePeers(peers, length), length)).toEqual(peers);
        expect(decodeNodes(encodeNodes(nodes, length), length)).toEqual(nodes);
      }),
    );
  });

  it('any bytes are peers where one can be, or Malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom<IpLength>(4, 16), (bytes, length) => {
        if (bytes.length % (length + 2) !== 0) expect(() => decodePeers(bytes, length)).toThrow(Malformed);
        else {
          for (const { host, port: at } of decodePeers(bytes, length)) {
            expect(net.isIP(host)).toBeGreaterThan(0);
            expect(at).toBeGreaterThan(0);
          }
        }
      }),
    );
  });
});
