import { describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  MAX_BYTES,
  MAX_DEPTH,
  MAX_TOKENS,
  scan,
  type Encodable,
} from '../../src/protocol/encoding/bencode.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { bytes } from '../protocol/reference.ts';
import { mutated, seeded } from './mutations.ts';

const refusal = (text: string | Uint8Array, mode: 'strict' | 'lenient' = 'strict'): string => {
  try {
    decode(typeof text === 'string' ? bytes(text) : text, { mode });
    return 'taken';
  } catch (error) {
    return error instanceof Malformed ? error.message : `${String(error)}: not a Malformed`;
  }
};

describe('R1: depth', () => {
  it('refuses a megabyte of lists or dictionaries with an ordinary error', () => {
    const lists = refusal('l'.repeat(2_000_000));
    expect(lists).toBe(`bencode at byte 100: expected at most 100 nested lists and dictionaries, got more`);
    expect(refusal('d0:'.repeat(700_000))).toContain('at byte 300');
    expect(refusal(`l${'ld0:'.repeat(500_000)}`)).toContain('nested lists and dictionaries');
  });

  it('takes 100 and refuses 101, through the package and the reader of our own', () => {
    const nested = (inner: string, depth: number): string => 'l'.repeat(depth) + inner + 'e'.repeat(depth);
    expect(refusal(nested('', MAX_DEPTH))).toBe('taken');
    expect(refusal(nested('', MAX_DEPTH + 1))).toContain('at byte 100');
    expect(refusal(nested('d1:\u00ffi1ee', MAX_DEPTH - 1))).toBe('taken');
    expect(refusal(nested('d1:\u00ffi1ee', MAX_DEPTH))).toContain('at byte 100');
  });
});

describe('R2: numbers', () => {
  it.each<[string, string]>([
    ['i100000000000000000000e', 'at most 20 digits'],
    ['99999999:spam', 'the 4 bytes left'],
    ['5:spam', 'a string within the 4 bytes left, got a length of 5'],
    ['4294967297:a', 'bytes left'],
    ['-3:abc', 'a value'],
    ['l-3:e', 'a value'],
    ['d-3:e', 'a key'],
    ['d1:ad-3:ee', 'a key'],
    ['+4:spam', 'a value'],
    ['4.9:spam', "a digit or ':'"],
    [':x', 'a value'],
  ])('refuses %s', (text, expected) => {
    expect(refusal(text)).toContain(expected);
    expect(refusal(text, 'lenient')).toContain(expected);
  });
});

describe('R2: endless digits', () => {
  it('are refused, whether in an integer or in a length', () => {
    const digits = '9'.repeat(1_000_000);
    expect(refusal(`i${digits}e`)).toContain('at most 20 digits');
    expect(refusal(`${digits}:spam`)).toContain('the 4 bytes left');
  });
});

describe('R3: grammar', () => {
  it.each<[string, number]>([
    ['', 0],
    ['i03e', 1],
    ['i-03e', 2],
    ['i-0e', 2],
    ['i00e', 1],
    ['ie', 1],
    ['i-e', 2],
    ['i+5e', 1],
    ['i1.5e', 2],
    ['i 1e', 1],
    ['i1', 2],
    ['i12345678', 9],
    ['04:spam', 0],
    ['00:', 0],
    ['4', 1],
    ['4:spa', 0],
    ['l', 1],
    ['li1e', 4],
    ['d', 1],
    ['d1:a', 4],
    ['d1:ae', 4],
    ['di1ei2ee', 1],
    ['dlei1ee', 1],
    ['d1:ai1e', 7],
    ['d1:ai1e1:ai2ee', 9],
    ['d1:ad1:bi1e1:bi2eee', 13],
    ['e', 0],
    ['x', 0],
    ['\u0000', 0],
    [' i1e', 0],
  ])('refuses %j in both modes, naming byte %d', (text, at) => {
    expect(refusal(text)).toContain(`bencode at byte ${at}: `);
    expect(refusal(text, 'lenient')).toContain(`bencode at byte ${at}: `);
  });

  it.each(['d1:bi1e1:ai2e1:bi3ee', 'd1:xd1:bi1e1:ai2e1:bi3eee', 'ld1:bi1e1:ai2e1:bi3eee'])(
    'refuses duplicates that are not neighbours, too: %s',
    (text) => {
      expect(refusal(text, 'lenient')).toContain('every key once, got "b" again');
    },
  );

  it('says what came on one harmless line', () => {
    expect(refusal('\u001b[2J')).toBe('bencode at byte 0: expected a value, got byte 0x1b');
    expect(refusal('d5:\u001b[2J\ni1e5:\u001b[2J\ni2ee')).toBe(
      String.raw`bencode at byte 13: expected every key once, got "\x1b[2J\x0a" again`,
    );
  });
});

describe('R11: size', () => {
  it('refuses more bytes than allowed, before looking at one', () => {
    expect(() => scan(new Uint8Array(MAX_BYTES + 1))).toThrow(`at most ${MAX_BYTES} bytes, got ${MAX_BYTES + 1}`);
    expect(() => scan(bytes('4:spam'), { maxBytes: 5 })).toThrow('at most 5 bytes, got 6');
  });

  it('refuses more tokens than allowed', () => {
    expect(() => scan(bytes(`l${'le'.repeat(MAX_TOKENS - 1)}e`))).not.toThrow();
    expect(() => scan(bytes(`l${'le'.repeat(MAX_TOKENS)}e`))).toThrow(`at most ${MAX_TOKENS} values and keys`);
    expect(() => scan(bytes('d1:ai1e1:bi2ee'), { maxTokens: 5 })).not.toThrow();
    expect(() => scan(bytes('d1:ai1e1:bi2ee'), { maxTokens: 4 })).toThrow('at most 4 values and keys');
  });

  it('reads 90,000 tokens', () => {
    expect(decode(bytes(`l${'1:a'.repeat(89_999)}e`))).toHaveLength(89_999);
  });
});

describe('garbage', () => {
  const samples = [
    {
      announce: 'http://127.0.0.1/announce',
      info: { length: 5, name: 'a', 'piece length': 16384, pieces: new Uint8Array(20).fill(7) },
    },
    [1, -1, 2n ** 60n, 'x'.repeat(12), [[[{}]]], new Map([['\u00ff\u0000', [1]]])],
    { t: 'aa', y: 'q', q: 'find_node', a: { id: 'abcdefghij0123456789', target: 'mnopqrstuvwxyz123456' } },
  ].map((sample) => encode(sample as Encodable));

  it('mutations are refused as Malformed, or taken and mean the same when written again', () => {
    const random = seeded(20);
    const counts = { taken: 0, refused: 0 };
    for (let round = 0; round < 30_000; round++) {
      const input = mutated(samples[round % samples.length] as Uint8Array, random);
      const lenient = refusal(input, 'lenient');
      expect(lenient).not.toContain('not a Malformed');
      if (lenient === 'taken') expect(decode(encode(decode(input, { mode: 'lenient' }) as Encodable))).toBeDefined();
      if (refusal(input) !== 'taken') counts.refused++;
      else {
        counts.taken++;
        expect(Buffer.compare(encode(decode(input) as Encodable), input)).toBe(0);
      }
    }
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(500);
  });

  it('random bytes are refused as Malformed, or are a value', () => {
    const random = seeded(21);
    for (let round = 0; round < 20_000; round++) {
      const alphabet = round % 2 ? 'idle0123456789:-' : '';
      const length = Math.floor(random() * 40);
      const input = Uint8Array.from({ length }, () =>
        alphabet ? alphabet.charCodeAt(Math.floor(random() * alphabet.length)) : Math.floor(random() * 256),
      );
      expect(refusal(input, 'lenient')).not.toContain('not a Malformed');
    }
  });
});
