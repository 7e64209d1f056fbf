import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  DATA,
  encodeUtp,
  FIN,
  HEADER,
  isUtp,
  RESET,
  resetOf,
  STATE,
  SYN,
  unwritten,
  UtpPacket,
  type UtpFields,
  type UtpType,
  writeHeader,
} from '../../../src/protocol/utp/utpPacket.ts';

const fields: fc.Arbitrary<UtpFields> = fc.record({
  type: fc.constantFrom<UtpType>(DATA, FIN, STATE, RESET, SYN),
  id: fc.nat(65_535),
  sentAt: fc.nat(2 ** 32 - 1),
  delay: fc.nat(2 ** 32 - 1),
  window: fc.nat(2 ** 32 - 1),
  sequence: fc.nat(65_535),
  ack: fc.nat(65_535),
});

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const read = (bytes: Uint8Array): UtpPacket | undefined => {
  const packet = new UtpPacket();
  return packet.read(bytes) ? packet : undefined;
};

/** The packets, counted from the one acknowledged, that a mask says have come. */
const selected = (packet: UtpPacket | undefined): number[] =>
  Array.from({ length: (packet?.maskLength ?? 0) * 8 }, (_, index) => index).flatMap((index) =>
    packet?.has(index) === true ? [index + 2] : [],
  );

describe('a packet of BEP 29', () => {
  const syn = hex('41 00 302a 5a3b1c0d 00000000 000f0000 0001 0000');

  it('begins with type and version, and counts from the most significant byte', () => {
    expect(read(syn)).toMatchObject({
      ...{ type: SYN, id: 0x302a, sentAt: 0x5a3b1c0d, delay: 0, window: 0x000f0000, sequence: 1, ack: 0 },
      ...{ payloadAt: 20, payloadLength: 0, maskLength: 0 },
    });
  });

  it('acknowledges selectively, from the packet after the one that is missing', () => {
    const packet = read(hex('21 01 302b 00000001 00000002 00100000 0007 ffff 00 04 05000080'));
    expect(packet).toMatchObject({ type: STATE, ack: 65_535, payloadLength: 0 });
    expect(selected(packet)).toEqual([2, 4, 33]);
  });

  it('may carry extensions that are unknown, before and after others', () => {
    const packet = read(hex('01 70 0001 00000000 00000000 00000000 0002 0003 01 01 ff 02 04 01000000 00 00 6869'));
    expect(packet).toMatchObject({ type: DATA, payloadLength: 2 });
    expect(selected(packet)).toEqual([2]);
  });

  it.each([
    ['too short', syn.subarray(0, 19)],
    ['of another version', hex('42 00 302a 5a3b1c0d 00000000 000f0000 0001 0000')],
    ['of an unknown type', hex('51 00 302a 5a3b1c0d 00000000 000f0000 0001 0000')],
    ['without the extension that it announces', hex('21 01 302a 5a3b1c0d 00000000 000f0000 0001 0000')],
    ['with an extension that is cut off', hex('21 01 302a 5a3b1c0d 00000000 000f0000 0001 0000 00 04 ffffff')],
    ['with too many extensions', hex(`21 01 302a 5a3b1c0d 00000000 000f0000 0001 0000${' 0100'.repeat(9)}`)],
  ])('is none if it is %s', (_, bytes) => {
    expect(read(bytes)).toBeUndefined();
  });

  it.each([0, 3, 5])('has no use for a mask of %i bytes', (length) => {
    const mask = '01'.repeat(length);
    expect(read(hex(`21 01 0001 00000000 00000000 00000000 0002 0003 00 0${length} ${mask}`))?.maskLength).toBe(0);
  });

  it('is told from what else comes to the same port', () => {
    expect(isUtp(new TextEncoder().encode('d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:pinge'))).toBe(false);
    expect(isUtp(hex('00000000 00000001 0000000000000002'))).toBe(false);
    expect(isUtp(hex('00000001 00000001 00000708 00000000 00000000'))).toBe(false);
    expect(isUtp(syn)).toBe(true);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 63 }), (written, words) => {
        const mask = new Uint8Array(4 * Math.ceil(words.length / 4));
        mask.set(words);
        const packet = read(encodeUtp(written, mask.length === 0 ? undefined : mask));
        expect(packet).toMatchObject(written);
        expect(packet?.bytes.subarray(packet.maskAt, packet.maskAt + packet.maskLength)).toEqual(mask);
      }),
    );
  });

  it('is padded by extensions, and its payload stays the same', () => {
    fc.assert(
      fc.property(
        fields,
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 12, max: 267 }),
        (written, payload, pad) => {
          const bytes = unwritten(payload.length, pad);
          bytes.set(payload, bytes.length - payload.length);
          writeHeader(bytes, written);
          const packet = read(bytes);
          expect(packet).toMatchObject(written);
          expect(packet?.bytes.subarray(packet.payloadAt)).toEqual(payload);
          // libutp takes for uTP what begins with an extension below 3; the second one has 8 bytes.
          expect([bytes[1], bytes[21]]).toEqual([2, 8]);
        },
      ),
    );
  });

  it('is read or refused, and nothing else, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, looksRight) => {
        if (looksRight && bytes.length > 0) bytes[0] = 0x21;
        const packet = read(bytes);
        if (packet === undefined) return;
        expect(packet.payloadLength).toBeGreaterThanOrEqual(0);
        expect(packet.maskAt + packet.maskLength).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

it('a reset is not larger than what it answers', () => {
  const stray = read(hex('01 00 1234 00000000 00000000 00000000 0102 0003 ff')) ?? expect.fail('is no packet');
  const reset = resetOf(stray);
  expect(reset.length).toBe(HEADER);
  expect(read(reset)).toMatchObject({ type: RESET, id: 0x1234, ack: 0x0102 });
});
