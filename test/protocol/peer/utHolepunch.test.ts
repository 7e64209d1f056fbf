import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/protocol/encoding/ip.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { decodeHolepunch, encodeHolepunch, type HolepunchMessage } from '../../../src/protocol/peer/utHolepunch.ts';
import { mutated, seeded } from '../../hostile/mutations.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** What BEP 55 has: type, family, address, port, error. */
const VECTORS: readonly (readonly [HolepunchMessage, string])[] = [
  [{ type: 'rendezvous', host: '192.0.2.1', port: 6881, error: 0 }, '00 00 c0000201 1ae1 00000000'],
  [{ type: 'connect', host: '192.0.2.1', port: 80, error: 0 }, '01 00 c0000201 0050 00000000'],
  [
    { type: 'connect', host: '2001:db8::1', port: 65_535, error: 0 },
    '01 01 20010db8000000000000000000000001 ffff 00000000',
  ],
  [{ type: 'error', host: '0.0.0.0', port: 0, error: 4 }, '02 00 00000000 0000 00000004'],
];

describe('a message of hole punching', () => {
  it.each(VECTORS)('is written and read as BEP 55 has it: $type', (message, bytes) => {
    expect(encodeHolepunch(message)).toEqual(hex(bytes));
    expect(decodeHolepunch(hex(bytes))).toEqual(message);
  });

  it('comes back as it was', () => {
    const host = fc
      .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
      .map(formatIp);
    const type = fc.constantFrom('rendezvous' as const, 'connect' as const, 'error' as const);
    const message = fc.record({ type, host, port: fc.nat(65_535), error: fc.nat(0xffffffff) });
    fc.assert(
      fc.property(message, (each) => {
        expect(decodeHolepunch(encodeHolepunch(each))).toEqual(each);
      }),
    );
  });

  it('may have no error, or more than that', () => {
    const [message, bytes] = VECTORS[0] ?? [];
    expect(decodeHolepunch(hex(`${bytes}`).subarray(0, 8))).toEqual(message);
    expect(decodeHolepunch(hex(`${bytes} 1234`))).toEqual(message);
  });

  it('is nothing if its type or its family is not known', () => {
    expect(decodeHolepunch(hex('03 00 c0000201 1ae1 00000000'))).toBe(undefined);
    expect(decodeHolepunch(hex('00 02 c0000201 1ae1 00000000'))).toBe(undefined);
  });

  it('is malformed if it is cut off, and can name no names', () => {
    for (const [, bytes] of VECTORS)
      for (let length = 0; length < hex(bytes).length - 4; length++)
        expect(() => decodeHolepunch(hex(bytes).subarray(0, length)), `${length}`).toThrow(Malformed);
    expect(() => encodeHolepunch({ type: 'connect', host: 'a.example', port: 1 })).toThrow(Malformed);
  });

  it('does no harm, whatever it is', () => {
    const random = seeded(55);
    for (let n = 0; n < 3_000; n++) {
      const garbage = mutated(hex(VECTORS[n % VECTORS.length]?.[1] ?? ''), random);
      try {
        const message = decodeHolepunch(garbage);
        if (message !== undefined) expect(decodeHolepunch(encodeHolepunch(message))).toEqual(message);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }
  });
});
