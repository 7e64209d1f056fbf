import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder, MAX_BLOCK, MAX_MESSAGE, Oversized } from '../../src/protocol/peer/frames.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { mutated, seeded } from './mutations.ts';

const header = (length: number, id?: number): Uint8Array => {
  const bytes = new Uint8Array(id === undefined ? 4 : 5);
  new DataView(bytes.buffer).setUint32(0, length);
  if (id !== undefined) bytes[4] = id;
  return bytes;
};

interface Hearing {
  readonly error: unknown;
  readonly types: readonly string[];
}

/** Pushes until the decoder has had enough. */
const hear = (chunks: readonly Uint8Array[], pieceCount?: number): Hearing => {
  const types: string[] = [];
  const decoder = new FrameDecoder(({ type }) => types.push(type), { pieceCount });
  try {
    for (const chunk of chunks) decoder.push(chunk);
  } catch (error) {
    return { error, types };
  }
  return { error: undefined, types };
};

const told = ({ error, types }: Hearing): string =>
  `${types.join(' ')} ${error instanceof Error ? `${error.constructor.name} ${error.message}` : String(error)}`;

const bytewise = (bytes: Uint8Array): Uint8Array[] => [...bytes].map((byte) => Uint8Array.of(byte));

describe('lengths that lie', () => {
  it.each([0, 1, 2, 3, 4, 6, 8, 9, 13, 14, 15, 16, 17])(
    'of a type with a fixed length are refused from the header: %i',
    (id) => {
      const right = { 4: 5, 13: 5, 17: 5, 6: 13, 8: 13, 16: 13, 9: 3 }[id as 4] ?? 1;
      expect(hear([header(right, id)]).error).toBeUndefined();
      for (const wrong of [right - 1, right + 1, 100, MAX_MESSAGE].filter((length) => length > 0)) {
        expect(hear([header(wrong, id)]).error).toBeInstanceOf(Malformed);
        expect(hear(bytewise(header(wrong, id))).error).toBeInstanceOf(Malformed);
      }
    },
  );

  it('of a block are refused from the header', () => {
    for (const length of [1, 8]) expect(hear([header(length, 7)]).error).toBeInstanceOf(Malformed);
    for (const length of [MAX_BLOCK + 10, 131_081, MAX_MESSAGE])
      expect(hear([header(length, 7)]).error).toBeInstanceOf(Oversized);
    for (const length of [9, 10]) expect(hear([header(length, 7)]).error).toBeUndefined();
    expect(hear([header(MAX_BLOCK + 9, 7)]).error).toBeUndefined();
  });

  it('of a bitfield are refused from the header', () => {
    for (const length of [1, 126, 128, MAX_MESSAGE])
      expect(hear([header(length, 5)], 1001).error).toBeInstanceOf(Malformed);
    expect(hear([header(127, 5)], 1001).error).toBeUndefined();
  });

  it.each([MAX_MESSAGE + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('are refused from four bytes: %i', (length) => {
    expect(hear([header(length)]).error).toBeInstanceOf(Oversized);
    expect(hear(bytewise(header(length))).error).toBeInstanceOf(Oversized);
    for (const id of [0, 5, 7, 20, 99]) expect(hear([header(length, id)]).error).toBeInstanceOf(Oversized);
  });

  it('are refused in the middle of what is right', () => {
    const before = encodeMessages([{ type: 'unchoke' }, { type: 'have', piece: 1 }]);
    const after = encodeMessages([{ type: 'choke' }]);
    const { error, types } = hear([new Uint8Array(Buffer.concat([before, header(7, 4), after]))]);
    expect(types).toEqual(['unchoke', 'have']);
    expect(error).toBeInstanceOf(Malformed);
  });
});

describe('memory', () => {
  /** Bytes held by buffers, when all that is free has been given back. */
  const held = (): number => process.memoryUsage().arrayBuffers;

  it('is not spent on a length that is only claimed for an unknown type', () => {
    const before = held();
    const decoders = Array.from({ length: 200 }, () => new FrameDecoder(() => {}));
    const begun = held();
    const chunk = new Uint8Array(70_000);
    for (const decoder of decoders) decoder.push(header(MAX_MESSAGE, 99));
    for (const decoder of decoders) decoder.push(chunk);
    expect(held() - begun).toBeLessThan(MAX_MESSAGE);
    expect(begun - before).toBeLessThan(200 * 64 * 1024);
  });

  it('is that of one message at most, however many are begun', () => {
    const decoder = new FrameDecoder(() => {});
    const long = encodeMessages([{ type: 'extended', id: 1, payload: new Uint8Array(MAX_MESSAGE - 2) }]);
    const before = held();
    for (let times = 0; times < 20; times++)
      for (let at = 0; at < long.length; at += 65_536) decoder.push(long.subarray(at, at + 65_536));
    expect(held() - before).toBeLessThan(MAX_MESSAGE + 65_536);
  });
});

describe('garbage', () => {
  it('is never anything worse than malformed, and the same however it is cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(300),
        fc.option(fc.nat(5000), { nil: undefined }),
        (bytes, at, pieceCount) => {
          const whole = hear([bytes], pieceCount);
          if (whole.error !== undefined) expect(whole.error).toBeInstanceOf(Malformed);
          expect(told(hear([bytes.subarray(0, at), bytes.subarray(at)], pieceCount))).toBe(told(whole));
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('that begins like a message is never anything worse either', () => {
    const small = fc
      .tuple(fc.nat(40), fc.nat(22), fc.uint8Array({ maxLength: 40 }))
      .map(([length, id, rest]) => Buffer.concat([header(length, id), rest]));
    fc.assert(
      fc.property(fc.array(small, { maxLength: 6 }), (parts) => {
        const bytes = new Uint8Array(Buffer.concat(parts));
        const whole = hear([bytes]);
        if (whole.error !== undefined) expect(whole.error).toBeInstanceOf(Malformed);
        expect(told(hear(bytewise(bytes)))).toBe(told(whole));
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  it('made of a conversation by mutation is never anything worse', () => {
    const said: Message[] = [
      { type: 'bitfield', bytes: Uint8Array.of(0xff, 0x80) },
      { type: 'unchoke' },
      { type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(50) },
      { type: 'keepAlive' },
      { type: 'reject', piece: 1, begin: 0, length: 16384 },
      { type: 'extended', id: 0, payload: new TextEncoder().encode('d1:md11:ut_metadatai3eee') },
      { type: 'have', piece: 3 },
    ];
    const original = encodeMessages(said);
    const random = seeded(20);
    let refused = 0;
    for (let round = 0; round < 5000; round++) {
      const bytes = mutated(original, random);
      const at = Math.floor(random() * bytes.length);
      const whole = hear([bytes], 9);
      if (whole.error !== undefined) {
        expect(whole.error).toBeInstanceOf(Malformed);
        refused++;
      }
      expect(told(hear([bytes.subarray(0, at), bytes.subarray(at)], 9))).toBe(told(whole));
    }
    // Otherwise the mutations were not worth the name.
    expect(refused).toBeGreaterThan(1000);
    expect(refused).toBeLessThan(5000);
  });
});
