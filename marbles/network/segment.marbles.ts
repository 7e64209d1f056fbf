import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { Kinds } from '../sparse.ts';
import { cut, type Segment, Segments } from './segment.ts';

const blockOf = (value: number, length = BLOCK): Message => ({
  type: 'piece',
  piece: value,
  begin: 0,
  bytes: new Uint8Array(length).fill(value),
});

/** What is heard at the other end, if segments of at most `most` bytes are sent. */
const heardOf = (memory: Segments, segments: readonly Segment[], most: number): Uint8Array => {
  const heard: Uint8Array[] = [];
  for (const whole of segments) {
    for (let rest = whole; rest.size > 0; ) {
      const [first, later] = cut(rest, most);
      memory.lend(first, (bytes) => heard.push(new Uint8Array(bytes)));
      rest = later;
    }
  }
  return new Uint8Array(Buffer.concat(heard));
};

describe('what is under way between hosts', () => {
  const message = fc.oneof(
    fc.nat(300).map((value) => blockOf(value % 256)),
    fc.nat(255).map((value) => blockOf(value, 100)),
    fc
      .uint8Array({ minLength: BLOCK, maxLength: BLOCK })
      .map((bytes): Message => ({ ...blockOf(1), bytes }) as Message),
    fc.constant<Message>({ type: 'have', piece: 7 }),
  );

  it('arrives as it was written, however it is cut, and in whatever memory it was written', () => {
    const memory = new Segments(new Kinds());
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(message, { minLength: 1, maxLength: 4 }), fc.boolean()), { maxLength: 4 }),
        fc.integer({ min: 1_000, max: 20_000 }),
        (writes, most) => {
          const expected = writes.map(([messages]) => encodeMessages(messages));
          const segments = writes.flatMap(([messages, inRoom]) =>
            memory.written(encodeMessages(messages, inRoom ? (size) => memory.room(size) : undefined)),
          );
          expect(Buffer.compare(heardOf(memory, segments, most), Buffer.concat(expected))).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('shares blocks that are as they should be, which nobody can spoil, and no others', () => {
    const kinds = new Kinds();
    const memory = new Segments(kinds);
    const spoilt = blockOf(2) as Extract<Message, { type: 'piece' }>;
    spoilt.bytes[5] = 9;
    const segments = memory.written(encodeMessages([blockOf(1), blockOf(1), spoilt]));
    expect(segments.map(({ body }) => body === kinds.of(0))).toEqual([true, true, false]);
    for (const segment of segments) memory.lend(segment, (bytes) => void bytes.fill(0));
    expect(kinds.of(0).every((byte) => byte === 1)).toBe(true);
  });

  it('is spoilt once it was heard, also if something else arrives meanwhile', () => {
    const memory = new Segments();
    const [one, other] = memory
      .written(encodeMessages([blockOf(1)]))
      .concat(memory.written(encodeMessages([blockOf(2)])));
    let kept: Uint8Array | undefined;
    memory.lend(one as Segment, (bytes) => {
      kept = bytes;
      memory.lend(other as Segment, (inner) => expect([inner.at(-1), bytes.at(-1)]).toEqual([2, 1]));
      expect(bytes.at(-1)).toBe(1);
    });
    expect(kept?.every((byte) => byte === 0xdd)).toBe(true);
  });
});
