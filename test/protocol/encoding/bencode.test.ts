import bencode from 'bencode';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  decode,
  decodeWithSpans,
  dictOf,
  type Encodable,
  encode,
  intOf,
  listOf,
  scan,
  textOf,
  type Value,
} from '../../../src/protocol/encoding/bencode.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { anyValue, bytes, written } from '../reference.ts';

const dict = (entries: Record<string, Value>): Value => new Map(Object.entries(entries));

describe('decode', () => {
  it.each<[string, Value]>([
    ['i0e', 0],
    ['i-42e', -42],
    ['i9007199254740991e', Number.MAX_SAFE_INTEGER],
    ['i9007199254740993e', 9007199254740993n],
    ['i-9007199254740993e', -9007199254740993n],
    ['i18446744073709551616e', 18446744073709551616n],
    ['0:', bytes('')],
    ['4:spam', bytes('spam')],
    ['le', []],
    ['de', new Map()],
    ['l4:spami7ee', [bytes('spam'), 7]],
    ['d3:bar4:spam3:fooi42ee', dict({ bar: bytes('spam'), foo: 42 })],
    ['d1:ad1:bl1:celeeee'.replace('ele', ''), dict({ a: dict({ b: [bytes('c')] }) })],
  ])('reads %s', (text, value) => {
    expect(decode(bytes(text))).toEqual(value);
  });

  it('keeps keys that the package would change', () => {
    const value = dictOf(decode(bytes('d2:10i1e1:2i2e9:__proto__d8:injectedi1ee4:\u00ef\u00bb\u00bfai3e1:\u00ffi4ee')));
    expect([...(value ?? [])].map(([key]) => key)).toEqual(['10', '2', '__proto__', '\u00ef\u00bb\u00bfa', '\u00ff']);
    expect(value?.get('__proto__')).toEqual(dict({ injected: 1 }));
    expect(Object.getPrototypeOf(value)).toBe(Map.prototype);
    expect('injected' in {}).toBe(false);
  });

  it.each<[string, string[]]>([
    ['d9:__proto__d8:injectedi1eee', ['__proto__']],
    ['d2:10i1e1:2i2ee', ['10', '2']],
    ['d4:\u00ef\u00bb\u00bfai1ee', ['\u00ef\u00bb\u00bfa']],
    ['d2:\u00ff\u00fei1ee', ['\u00ff\u00fe']],
    ['d3:\u00ef\u00bf\u00bdi1ee', ['\u00ef\u00bf\u00bd']],
    ['d0:i1ee', ['']],
  ])('keeps each of them alone, in their order: %j', (text, keys) => {
    expect([...(dictOf(decode(bytes(text))) ?? new Map()).keys()]).toEqual(keys);
  });

  it('gives copies: the input may be used again', () => {
    for (const text of ['l3:abce', 'd1:\u00ff3:abce']) {
      const input = Buffer.from(text, 'latin1');
      const value = decode(input);
      input.fill(0);
      expect(Buffer.from(bytesOf(listOf(value)?.[0] ?? dictOf(value)?.get('\u00ff')) ?? []).toString()).toBe('abc');
    }
  });

  it('reads what an independent writer wrote', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(decode(bytes(written(value)))).toEqual(value);
      }),
    );
  });

  it('reads the same through the package and through the reader of our own', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const around = decode(bytes(`d1:\u00ff${written(value)}e`));
        expect(dictOf(around)?.get('\u00ff')).toEqual(decode(bytes(written(value))));
      }),
    );
  });

  it('strict refuses, lenient takes: keys out of order and bytes after the value', () => {
    for (const text of ['d1:bi1e1:ai2ee', 'i1e\n', 'd1:ad1:zi1e1:yi2eee']) {
      expect(() => decode(bytes(text)), text).toThrow(Malformed);
      expect(() => decode(bytes(text), { mode: 'lenient' }), text).not.toThrow();
    }
    expect([...(dictOf(decode(bytes('d1:bi1e1:ai2ee'), { mode: 'lenient' })) ?? [])]).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });
});

describe('spans', () => {
  it('are the original bytes of the outermost values', () => {
    const input = bytes('d1:bd1:zi1e1:ai2ee1:ali1eee trailing');
    const { spans, end } = decodeWithSpans(input, { mode: 'lenient' });
    const texts = [...spans].map(([key, { start, end: to }]) => [
      key,
      Buffer.from(input.subarray(start, to)).toString(),
    ]);
    expect(texts).toEqual([
      ['b', 'd1:zi1e1:ai2ee'],
      ['a', 'li1ee'],
    ]);
    expect(Buffer.from(input.subarray(end)).toString()).toBe(' trailing');
  });

  it('are all there, and each decodes to its value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), anyValue), (entries) => {
        const input = bytes(written(new Map(Object.entries(entries))));
        const { spans, value } = decodeWithSpans(input);
        expect(spans.size).toBe(Object.keys(entries).length);
        for (const [key, { start, end }] of spans)
          expect(decode(input.subarray(start, end))).toEqual(dictOf(value)?.get(key));
      }),
    );
  });

  it('tell where raw bytes begin after a strict value', () => {
    expect(scan(bytes('d8:msg_typei1eeRAW'), { tail: true }).end).toBe(15);
    expect(() => scan(bytes('d8:msg_typei1eeRAW'))).toThrow(
      "bencode at byte 15: expected the end of the data, got 'R'",
    );
  });

  it('there are none of a value that is no dictionary', () => {
    expect(scan(bytes('ld1:ai1eee')).spans.size).toBe(0);
  });
});

describe('encode', () => {
  it.each<[Encodable, string]>([
    [0, 'i0e'],
    [-0, 'i0e'],
    [-7, 'i-7e'],
    [2n ** 64n, 'i18446744073709551616e'],
    [9007199254740993n, 'i9007199254740993e'],
    [5n, 'i5e'],
    ['', '0:'],
    ['ü', '2:\u00c3\u00bc'],
    [[], 'le'],
    [{}, 'de'],
    [{ b: 1, a: 'x', c: undefined }, 'd1:a1:x1:bi1ee'],
    [{ 10: 1, 2: 2, '': 3 }, 'd0:i3e2:10i1e1:2i2ee'],
    [
      new Map([
        ['\u00ff', 1],
        ['name', 2],
        ['\u0002', 3],
        ['\u0080', 4],
      ]),
      'd1:\u0002i3e4:namei2e1:\u0080i4e1:\u00ffi1ee',
    ],
    [{ b: [2n ** 60n + 1n, { y: 1, x: 'a' }], a: [] }, 'd1:ale1:bli1152921504606846977ed1:x1:a1:yi1eeee'],
  ])('writes %o', (value, text) => {
    expect(Buffer.from(encode(value)).toString('latin1')).toBe(text);
  });

  it('is canonical: the same bytes as an independent writer, read back in strict mode', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const ours = encode(value);
        expect(Buffer.from(ours).toString('latin1')).toBe(written(value));
        expect(decode(ours)).toEqual(value);
      }),
    );
  });

  it('writes what the package reads', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.maxSafeInteger()), (entries) => {
        expect(bencode.decode(encode(entries))).toEqual({ ...entries });
      }),
    );
  });

  it.each<[string, unknown]>([
    ['fractions', 1.5],
    ['NaN', Number.NaN],
    ['infinity', Infinity],
    ['numbers that are not exact', 2 ** 53],
    ['booleans', true],
    ['null', [null]],
    ['undefined in a list', [undefined]],
    ['functions', { a: () => 1 }],
    ['symbols', Symbol('x')],
    ['keys beyond one byte', { '€': 1 }],
    ['such keys beside a wide integer', { '€': 2n ** 70n }],
  ])('refuses %s', (_, value) => {
    expect(() => encode(value as Encodable)).toThrow(TypeError);
  });
});

describe('accessors', () => {
  it('give a value of their kind, and undefined for any other', () => {
    const values: Value[] = [7, 2n ** 60n, bytes('ü'.normalize()), [1], new Map([['a', 1]])];
    expect(values.map(intOf)).toEqual([7, undefined, undefined, undefined, undefined]);
    expect(values.map(bytesOf).map((each) => each !== undefined)).toEqual([false, false, true, false, false]);
    expect(values.map(listOf).map((each) => each !== undefined)).toEqual([false, false, false, true, false]);
    expect(values.map(dictOf).map((each) => each !== undefined)).toEqual([false, false, false, false, true]);
    for (const accessor of [intOf, bytesOf, textOf, listOf, dictOf]) expect(accessor(undefined)).toBeUndefined();
  });

  it('text is UTF-8, byte-order mark kept, and Latin-1 where it is not UTF-8', () => {
    expect(textOf(new Uint8Array(Buffer.from('žluťoučký 中文 🐎')))).toBe('žluťoučký 中文 🐎');
    expect(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
    expect(textOf(Uint8Array.of(0xd6, 0xd0, 0x2e))).toBe('\u00d6\u00d0.');
    expect(textOf(Uint8Array.of(0xff))).not.toBe(textOf(Uint8Array.of(0xfe)));
    expect(textOf(7)).toBeUndefined();
  });
});
