import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/protocol/dht/crc32c.ts';
import { formatIp } from '../../../src/protocol/encoding/ip.ts';
import { peerPriority } from '../../../src/torrent/peers/peerPriority.ts';

const of = (one: string, other: string, ports: readonly [number, number] = [6881, 51413]): number | undefined =>
  peerPriority({ host: one, port: ports[0] }, { host: other, port: ports[1] });
const hashed = (hex: string): number => crc32c(Buffer.from(hex, 'hex'));

describe('crc32c', () => {
  it('has the check value of its catalogue', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array())).toBe(0);
  });
});

describe('the priority of a peer', () => {
  it.each([
    ['123.213.32.10', '98.76.54.32', 0xec2d7224],
    ['123.213.32.10', '123.213.32.234', 0x99568189],
  ])('is for %s and %s that of BEP 40', (one, other, priority) => {
    expect([of(one, other), of(other, one)]).toEqual([priority, priority]);
  });

  it.each([
    ['230.120.23.1', '230.12.123.3', 'e60c5101e6781501'],
    ['230.12.23.1', '230.12.123.3', 'e60c1701e60c7b01'],
    ['230.12.123.1', '230.12.123.3', 'e60c7b01e60c7b03'],
    ['2001:db8:1:ffff::', '2001:db8:2:ffff::', '20010db8000155550000000000000000' + '20010db8000255550000000000000000'],
    ['2001:db8:1:10ff::', '2001:db8:1:20ff::', '20010db8000110550000000000000000' + '20010db8000120550000000000000000'],
    [
      '2001:db8:1:ff10:ffff::',
      '2001:db8:1:ff20:ffff::',
      '20010db80001ff105555000000000000' + '20010db80001ff205555000000000000',
    ],
  ])('looks the closer the nearer they are: %s and %s', (one, other, hex) => {
    expect(of(one, other)).toBe(hashed(hex));
  });

  it('is made of the ports of those at one address', () => {
    expect([of('10.0.0.1', '10.0.0.1', [0x4d2, 0x12c]), of('::1', '::1', [0x12c, 0x4d2])]).toEqual([
      hashed('012c04d2'),
      hashed('012c04d2'),
    ]);
  });

  it.each([
    ['10.0.0.1', '2001:db8::1'],
    ['10.0.0.1', 'peer.example'],
    ['peer.example', '10.0.0.1'],
  ])('is none between %s and %s', (one, other) => expect(of(one, other)).toBeUndefined());

  it('is the same from both sides, and for all of a far network', () => {
    const ip = fc
      .constantFrom(4, 16)
      .chain((length) => fc.tuple(...[0, 1].map(() => fc.uint8Array({ minLength: length, maxLength: length }))));
    fc.assert(
      fc.property(ip, fc.nat(65_535), fc.nat(65_535), ([a = new Uint8Array(4), b = new Uint8Array(4)], one, other) => {
        const [here, there] = [formatIp(a), formatIp(b)];
        const priority = of(here, there, [one, other]);
        expect(priority).toBe(of(there, here, [other, one]));
        expect(priority === undefined || (priority >= 0 && priority < 2 ** 32)).toBe(true);
        // The last bit but one is masked unless we are neighbours.
        const neighbour = b.map((byte, at) => (at === b.length - 1 ? byte ^ 2 : byte));
        if (a[0] !== b[0]) expect(of(here, formatIp(neighbour))).toBe(of(here, there));
      }),
    );
  });
});
