import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { encodeHandshake } from '../../../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../../../src/protocol/peer/messages.ts';
import { SpokenDecoder } from '../../../src/protocol/peer/spoken.ts';

const greeting = encodeHandshake({
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20).fill(2),
  dht: true,
});
const messages: Message[] = [
  { type: 'bitfield', bytes: Uint8Array.of(0b1110_0000) },
  { type: 'keepAlive' },
  { type: 'piece', piece: 1, begin: 0, bytes: new Uint8Array(100) },
  { type: 'have', piece: 7 },
];
const all = Buffer.concat([greeting, encodeMessages(messages)]);
const KINDS = ['handshake', 'bitfield', 'keepAlive', 'piece', 'have'];

/** The kinds of what is heard, `!` for bytes that are malformed. */
const listening = () => {
  const heard: string[] = [];
  const spoken = new SpokenDecoder({ heard: ({ type }) => void heard.push(type), lost: () => void heard.push('!') });
  return { heard, spoken };
};

describe('what is spoken on a wire', () => {
  it('is a handshake and messages, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sizes) => {
        const { heard, spoken } = listening();
        for (let at = 0, n = 0; at < all.length; at += sizes[n++ % sizes.length] as number) {
          spoken.push(all.subarray(at, at + (sizes[n % sizes.length] as number)));
          spoken.check();
        }
        expect(heard).toEqual(KINDS);
      }),
    );
  });

  it('is heard from the middle of it, too', () => {
    const { heard, spoken } = listening();
    const two = encodeMessages([{ type: 'have', piece: 7 }, { type: 'choke' }]);
    spoken.join(two.subarray(0, 3));
    spoken.push(two.subarray(3));
    expect(heard).toEqual(['have', 'choke']);
  });

  it('is lost once where it is malformed, and nobody need know', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const { heard, spoken } = listening();
        spoken.push(greeting);
        spoken.push(noise);
        spoken.push(all);
        expect(heard.filter((kind) => kind === '!').length).toBeLessThanOrEqual(1);
        expect(heard.indexOf('!')).toBeOneOf([-1, heard.length - 1]);
      }),
    );
    const { heard, spoken } = listening();
    spoken.push(Buffer.from('HTTP/1.1 200 OK\r\n'.repeat(9)));
    spoken.lose(new Malformed('handshake', 'a', 'b'));
    expect(heard).toEqual(['!']);
    expect(() => new SpokenDecoder({ heard: () => {} }).push(new Uint8Array(100))).not.toThrow();
  });

  it('passes on what its listener throws', () => {
    const spoken = new SpokenDecoder({
      heard: () => {
        throw new TypeError('ours');
      },
    });
    expect(() => spoken.push(all)).toThrow('ours');
  });
});
