import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Filler, Frames, Skimmer } from '../../src/recording/payload.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { Listener, wordText } from '../../src/recording/words.ts';

const whole = fc.nat({ max: 2 ** 32 - 1 });
const bytes = (max: number) => fc.uint8Array({ minLength: 1, maxLength: max });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.constantFrom<Message>({ type: 'choke' }, { type: 'keepAlive' }, { type: 'haveAll' }),
  fc.record({ type: fc.constant('piece' as const), piece: whole, begin: whole, bytes: bytes(16_384) }),
  fc.record({ type: fc.constant('request' as const), piece: whole, begin: whole, length: whole }),
  fc.record({ type: fc.constant('bitfield' as const), bytes: bytes(200) }),
  fc.record({ type: fc.constant('extended' as const), id: fc.nat({ max: 255 }), payload: bytes(300) }),
);
const greeting = encodeHandshake({
  infoHash: new Uint8Array(20),
  peerId: new Uint8Array(20),
});

const cut = (all: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  for (let at = 0, n = 0; at < all.length; n++) {
    const size = sizes[n % sizes.length] as number;
    chunks.push(all.subarray(at, at + size));
    at += size;
  }
  return chunks;
};
const sizes = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 8 });

/** What comes out again, and how much was kept. */
const there = (chunks: readonly Uint8Array[]): { readonly back: Uint8Array; readonly kept: number } => {
  const [skimmer, filler] = [new Skimmer(), new Filler()];
  let kept = 0;
  const back = chunks.map((chunk) => {
    const skimmed = skimmer.skim(chunk).slice();
    kept += skimmed.length;
    return filler.fill(skimmed, chunk.length) as Uint8Array;
  });
  return { back: new Uint8Array(Buffer.concat(back)), kept };
};

describe('what is kept of the bytes of a wire', () => {
  it('is all but blocks, however they are cut', () =>
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), sizes, (messages, sizes) => {
        const all = new Uint8Array(Buffer.concat([greeting, encodeMessages(messages)]));
        const empty = messages.map((each) =>
          each.type === 'piece' ? { ...each, bytes: new Uint8Array(each.bytes.length) } : each,
        );
        const { back, kept } = there(cut(all, sizes));
        expect(back).toEqual(new Uint8Array(Buffer.concat([greeting, encodeMessages(empty)])));
        const blocks = messages.reduce((sum, each) => sum + (each.type === 'piece' ? each.bytes.length : 0), 0);
        expect(kept).toBe(all.length - blocks);
      }),
    ));

  it('is never more than came, and of its length, whatever that is', () =>
    fc.assert(
      fc.property(bytes(3000), sizes, (all, sizes) => {
        const { back, kept } = there(cut(all, sizes));
        expect(back.length).toBe(all.length);
        expect(kept).toBeLessThanOrEqual(all.length);
      }),
    ));

  it('is refused when it is too little or too much', () => {
    const filler = new Filler();
    expect(filler.fill(new Uint8Array(3), 4)).toBeUndefined();
    expect(new Filler().fill(new Uint8Array(5), 4)).toBeUndefined();
  });

  it('keeps to the invariants of Frames', () =>
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const all = new Uint8Array(Buffer.concat([greeting, encodeMessages(messages)]));
        const frames = new Frames();
        for (let at = 0; at < all.length; ) {
          const run = frames.next(all.length - at);
          if (run === 0) frames.look(all[at++] as number);
          else frames.pass(Math.abs(run));
          at += Math.abs(run);
          frames.check();
        }
      }),
    ));

  it('leaves out what nobody reads', () => {
    const unknown = Uint8Array.from([0, 0, 1, 0, 99, ...new Uint8Array(255)]);
    const all = new Uint8Array(Buffer.concat([greeting, unknown, encodeMessages([{ type: 'choke' }])]));
    expect(there([all]).kept).toBe(greeting.length + 5 + 5);
  });

  it('is told in words, and garbage once', () => {
    const words: string[] = [];
    const listener = new Listener((word) => words.push(wordText(word)));
    const block = { type: 'piece', piece: 17, begin: 3 * 16_384, bytes: new Uint8Array(9) } as const;
    const all = new Uint8Array(Buffer.concat([greeting, encodeMessages([block, { type: 'notInterested' }])]));
    const skimmer = new Skimmer();
    listener.push(skimmer.skim(all), all.length);
    const bad = Uint8Array.from([255, 255, 255, 255, 4]);
    listener.push(skimmer.skim(bad), bad.length);
    listener.push(skimmer.skim(bad), bad.length);
    expect(words).toEqual(['handshake', 'block 17/3', 'not interested', 'garbage']);
  });
});
