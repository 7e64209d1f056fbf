/** Random numbers from 0 to 1 that are the same in every run: what fails can be run again. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

// What means something in bencode and in texts around it.
const TELLING = Buffer.from('0123456789ide:-l+.\0\n\xff', 'latin1');

/** One to eight changes: bytes altered, put in, cut out, doubled, or the end cut off. */
export const mutated = (original: Uint8Array, random: () => number): Uint8Array => {
  let bytes = Buffer.from(original);
  const below = (limit: number): number => Math.floor(random() * limit);
  const byte = (): number => (random() < 0.7 ? (TELLING[below(TELLING.length)] ?? 0) : below(256));
  for (let changes = 1 + below(8); changes > 0; changes--) {
    const at = below(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + below(20));
    const rest = [bytes.subarray(0, at), bytes.subarray(at)] as const;
    const kind = below(10);
    if (kind < 5 && at < bytes.length) bytes[at] = byte();
    else if (kind < 7) bytes = Buffer.concat([rest[0], Buffer.of(byte()), rest[1]]);
    else if (kind < 8) bytes = Buffer.concat([rest[0], bytes.subarray(end)]);
    else if (kind < 9) bytes = Buffer.concat([bytes.subarray(0, end), rest[1]]);
    else bytes = Buffer.from(rest[0]);
  }
  return new Uint8Array(bytes);
};
