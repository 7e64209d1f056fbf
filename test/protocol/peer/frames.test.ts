import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder, MAX_BLOCK, MAX_MESSAGE, Oversized } from '../../../src/protocol/peer/frames.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { encodeMessages, type Message } from '../../../src/protocol/peer/messages.ts';
import { cutAt, heardOf, hex, owned } from '../wireBytes.ts';

const number = fc.nat({ max: 2 ** 32 - 1 });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc
    .constantFrom('keepAlive', 'choke', 'unchoke', 'interested', 'notInterested', 'haveAll', 'haveNone')
    .map((type): Message => ({ type })),
  fc.record({ type: fc.constantFrom('have', 'suggest', 'allowedFast'), piece: number }),
  fc.record({ type: fc.constant('bitfield'), bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ type: fc.constantFrom('request', 'cancel', 'reject'), piece: number, begin: number, length: number }),
  fc.record({
    type: fc.constant('piece'),
    piece: number,
    begin: number,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  }),
  fc.record({
    type: fc.constantFrom('hashRequest', 'hashReject'),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    ...{ base: number, index: number, length: number, proof: number },
  }),
  fc.record({
    type: fc.constant('hashes'),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    ...{ base: number, index: number, length: number, proof: number },
    hashes: fc.nat({ max: 4 }).chain((count) => fc.uint8Array({ minLength: 32 * count, maxLength: 32 * count })),
  }),
  fc.record({ type: fc.constant('port'), port: fc.nat({ max: 65535 }) }),
  fc.record({ type: fc.constant('extended'), id: fc.nat({ max: 255 }), payload: fc.uint8Array({ maxLength: 200 }) }),
);

/** A frame of a type that nobody knows, and what is heard of it. */
const stranger = fc
  .record({ id: fc.constantFrom(10, 11, 12, 18, 19, 24, 25, 255), length: fc.integer({ min: 1, max: 400 }) })
  .map(({ id, length }) => ({
    bytes: frame(length, id, length - 1),
    heard: { type: 'unknown', id, length } satisfies Message,
  }));
const spoken = message.map((said) => ({ bytes: encodeMessages([said]), heard: said }));

/** Length, id and so many bytes of payload, which need not agree. */
const frame = (length: number, id: number, payload = 0): Uint8Array => {
  const bytes = new Uint8Array(5 + payload);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = id;
  return bytes;
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** What is wrong with these chunks. */
const refusal = (chunks: readonly Uint8Array[], pieceCount?: number): unknown => {
  const decoder = new FrameDecoder(() => {}, { pieceCount });
  try {
    for (const chunk of chunks) decoder.push(chunk);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('FrameDecoder', () => {
  it('hears what was said, however it was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: spoken }, { weight: 1, arbitrary: stranger }), { maxLength: 12 }),
        fc.array(fc.nat(1500), { maxLength: 12 }),
        (parts, places) => {
          expect(heardOf(...cutAt(joined(parts.map(({ bytes }) => bytes)), places))).toEqual(
            parts.map(({ heard }) => heard),
          );
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });

  it('hears the same byte by byte', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(spoken, stranger), { maxLength: 4 }), (parts) => {
        const bytes = joined(parts.map((part) => part.bytes));
        expect(heardOf(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(parts.map(({ heard }) => heard));
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('hears whole blocks that straddle chunks of every size', () => {
    const said: Message[] = [1, 2, 3].map((piece) => ({
      type: 'piece',
      piece,
      begin: 0,
      bytes: new Uint8Array(MAX_BLOCK).fill(piece),
    }));
    const bytes = encodeMessages(said);
    for (const size of [1000, 1460, 4096, 16384, 16396, 16397, 16398, 32768]) {
      const places = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => n * size);
      // Encoded again, because comparing long arrays takes long.
      expect(Buffer.compare(encodeMessages(heardOf(...cutAt(bytes, places))), bytes)).toBe(0);
    }
  });

  it('hears each message as soon as its last byte has come', () => {
    const bytes = encodeMessages([{ type: 'have', piece: 1 }, { type: 'keepAlive' }, { type: 'choke' }]);
    const counts: number[] = [];
    let heard = 0;
    const decoder = new FrameDecoder(() => heard++);
    for (const byte of bytes) {
      decoder.push(Uint8Array.of(byte));
      counts.push(heard);
    }
    expect(counts).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3]);
  });

  it('takes keep-alives anywhere', () => {
    const quiet: Message = { type: 'keepAlive' };
    const said: Message[] = [quiet, quiet, { type: 'unchoke' }, quiet, { type: 'have', piece: 2 }, quiet, quiet];
    const bytes = encodeMessages(said);
    for (let at = 0; at <= bytes.length; at++) expect(heardOf(bytes.subarray(0, at), bytes.subarray(at))).toEqual(said);
  });

  it('passes over unknown types of up to 1 MiB and goes on', () => {
    const bytes = joined([frame(MAX_MESSAGE, 99, MAX_MESSAGE - 1), hex('00000001 01')]);
    for (const places of [[], [4], [5], [5, 70_000], [MAX_MESSAGE, MAX_MESSAGE + 3]]) {
      expect(heardOf(...cutAt(bytes, places))).toEqual([
        { type: 'unknown', id: 99, length: MAX_MESSAGE },
        { type: 'unchoke' },
      ]);
    }
  });

  it('takes an unknown type without payload', () => {
    expect(heardOf(hex('00000001 63 00000001 01'))).toEqual([
      { type: 'unknown', id: 99, length: 1 },
      { type: 'unchoke' },
    ]);
    expect(heardOf(hex('000000'), hex('01 63 00000001 01'))).toEqual([
      { type: 'unknown', id: 99, length: 1 },
      { type: 'unchoke' },
    ]);
  });

  it('takes a bitfield of exactly as many bytes as there are pieces for', () => {
    const seen: Message[] = [];
    const decoder = new FrameDecoder((heard) => seen.push(owned(heard)), { pieceCount: 9 });
    decoder.push(hex('00000003 05 ff80'));
    expect(seen).toEqual([{ type: 'bitfield', bytes: Uint8Array.of(0xff, 0x80) }]);
    expect(refusal([hex('00000002 05')], 9)).toBeInstanceOf(Malformed);
    expect(refusal([hex('00000004 05')], 9)).toBeInstanceOf(Malformed);
  });

  it('takes a block of 16 KiB and not a byte more', () => {
    const block: Message = { type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(MAX_BLOCK) };
    expect(heardOf(encodeMessages([block]))).toEqual([block]);
    expect(refusal([frame(MAX_BLOCK + 10, 7)])).toBeInstanceOf(Oversized);
  });

  it('names what is wrong and what it would have expected', () => {
    expect((refusal([hex('00000006 04')]) as Error).message).toBe('message 4: expected 4 bytes of payload, got 5');
    expect((refusal([hex('00004010 07')]) as Error).message).toBe(
      'piece message: expected at most 16392 bytes of payload, got 16399',
    );
    expect((refusal([hex('00100001')]) as Error).message).toBe(
      'message length: expected at most 1048576 bytes, got 1048577',
    );
  });
});
