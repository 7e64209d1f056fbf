import { FrameDecoder } from '../../src/protocol/peer/frames.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';

/** Bytes written as hexadecimal digits; spaces do not count. */
export const hex = (digits: string): Uint8Array =>
  Uint8Array.from(digits.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** A message whose bytes are its own. */
export const owned = (message: Message): Message => {
  if (message.type === 'piece' || message.type === 'bitfield') return { ...message, bytes: message.bytes.slice() };
  if (message.type === 'hashes') return { ...message, root: message.root.slice(), hashes: message.hashes.slice() };
  if ('root' in message) return { ...message, root: message.root.slice() };
  return message.type === 'extended' ? { ...message, payload: message.payload.slice() } : message;
};

/** What a decoder makes of these chunks, each of which is worth nothing after it was pushed. */
export const heardOf = (...chunks: readonly Uint8Array[]): Message[] => {
  const heard: Message[] = [];
  const decoder = new FrameDecoder((message) => heard.push(owned(message)));
  for (const chunk of chunks) {
    const lent = chunk.slice();
    decoder.push(lent);
    decoder.check();
    lent.fill(0xdd);
  }
  return heard;
};

/** The bytes cut at these places, which need not be in order nor inside. */
export const cutAt = (bytes: Uint8Array, places: readonly number[]): Uint8Array[] => {
  const cuts = [...new Set(places.map((place) => Math.min(place, bytes.length)))].sort((a, b) => a - b);
  return [0, ...cuts].map((from, n) => bytes.subarray(from, cuts[n] ?? bytes.length));
};
