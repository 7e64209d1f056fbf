import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientName } from '../../../src/protocol/peer/clientName.ts';
import {
  compareDistance,
  createPeerId,
  equalIds,
  ID_LENGTH,
  parseId,
  sha1,
  toBase32,
  toHex,
} from '../../../src/protocol/encoding/id.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { visible } from '../../../src/protocol/encoding/visible.ts';
import { bytes } from '../reference.ts';

const id = fc.uint8Array({ minLength: ID_LENGTH, maxLength: ID_LENGTH });

describe('ids as text', () => {
  it('SHA-1 of the empty string in both forms', () => {
    const hash = sha1(new Uint8Array());
    expect(toHex(hash)).toBe('da39a3ee5e6b4b0d3255bfef95601890afd80709');
    expect(toBase32(hash)).toBe('3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ');
    expect(parseId('3i42h3s6nnfq2msvx7xzkyaysCX5QBYJ')).toEqual(hash);
    expect(parseId('DA39A3EE5E6B4B0D3255BFEF95601890AFD80709')).toEqual(hash);
  });

  it('base32 as RFC 4648 has it, without padding', () => {
    expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => toBase32(bytes(text)))).toEqual([
      '',
      'MY',
      'MZXQ',
      'MZXW6',
      'MZXW6YQ',
      'MZXW6YTB',
      'MZXW6YTBOI',
    ]);
  });

  it('what is written is read, in either form', () => {
    fc.assert(
      fc.property(id, (each) => {
        expect(parseId(toHex(each))).toEqual(each);
        expect(parseId(toBase32(each))).toEqual(each);
      }),
    );
  });

  it.each([
    '',
    'a'.repeat(39),
    'a'.repeat(41),
    'g'.repeat(40),
    `${'a'.repeat(31)}1`,
    `${'A'.repeat(31)}8`,
    'é'.repeat(32),
    `${'a'.repeat(40)}\n`,
  ])('%j is none', (text) => {
    expect(() => parseId(text)).toThrow(Malformed);
  });

  it('says so on one harmless line', () => {
    expect(() => parseId(`\u001b[2J\n${'x'.repeat(1000)}`)).toThrow(
      /^id: expected 40 hexadecimal or 32 base32 digits, got "\\x1b\[2J\\x0ax{55}"$/,
    );
  });
});

describe('ids compared', () => {
  it('equal means every byte, and the same length', () => {
    fc.assert(
      fc.property(id, fc.nat(ID_LENGTH - 1), fc.integer({ min: 1, max: 255 }), (each, at, change) => {
        const other = each.slice();
        expect(equalIds(each, other)).toBe(true);
        other[at] = (other[at] ?? 0) ^ change;
        expect(equalIds(each, other)).toBe(false);
        expect(equalIds(each, each.subarray(1))).toBe(false);
      }),
    );
  });

  it('distance is XOR, read as one number', () => {
    const number = (each: Uint8Array): bigint => BigInt(`0x${toHex(each)}`);
    fc.assert(
      fc.property(id, id, id, (target, a, b) => {
        const difference = (number(target) ^ number(a)) - (number(target) ^ number(b));
        expect(Math.sign(compareDistance(target, a, b))).toBe(difference > 0n ? 1 : difference < 0n ? -1 : 0);
      }),
    );
    expect(compareDistance(sha1(bytes('t')), sha1(bytes('a')), sha1(bytes('a')))).toBe(0);
  });
});

describe('peer ids', () => {
  it('begin with our prefix and go on with readable characters of the random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 20 }), (random) => {
        expect(Buffer.from(createPeerId(random)).toString('latin1')).toMatch(/^-RX0100-[0-9A-Za-z.-]{12}$/);
      }),
    );
    expect(createPeerId(new Uint8Array(12).fill(1))).not.toEqual(createPeerId(new Uint8Array(12).fill(2)));
  });

  it('need 12 random bytes', () => {
    expect(() => createPeerId(new Uint8Array(11))).toThrow('expected at least 12 random bytes, got 11');
  });

  it.each([
    ['-RX0100-abcdefghijkl', 'rxtorrent 0.1.0'],
    ['-TR3000-abcdefghijkl', 'Transmission 3.0.0'],
    ['-qB4650-abcdefghijkl', 'qBittorrent 4.6.5'],
    ['-lt0D80-abcdefghijkl', 'rTorrent 0.13.8'],
    ['-LT20B0-abcdefghijkl', 'libtorrent 2.0.11'],
    ['-LT2080-abcdefghijkl', 'libtorrent 2.0.8'],
    ['-WW0102-abcdefghijkl', 'WebTorrent 0.1.0.2'],
    ['-ZZ1234-abcdefghijkl', 'ZZ 1.2.3.4'],
    ['A2-1-36-0-abcdefghij', 'aria2 1.36.0'],
    ['M7-10-1--abcdefghijk', 'BitTorrent 7.10.1'],
    ['\u0000\u0000\u001b[2J\u009b\u00ff-----', String.raw`unknown (\x00\x00\x1b[2J\x9bÿ)`],
    ['', 'unknown ()'],
  ])('%j is from %s', (text, name) => {
    expect(clientName(bytes(text))).toBe(name);
  });

  it('any bytes have a name that is harmless to print', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (peerId) => {
        expect(clientName(peerId)).toMatch(/^[\x20-\x7e\xa0-\xac\xae-\xff]+$/);
      }),
    );
  });
});

describe('visible', () => {
  it('leaves text as it is and spells out what would act on a terminal', () => {
    expect(visible('žluťoučký 中文 🐎')).toBe('žluťoučký 中文 🐎');
    expect(visible('a\u001b]0;x\u0007\r\nb\u202ec\u2028\u{e0041}\ud800')).toBe(
      String.raw`a\x1b]0;x\x07\x0d\x0ab\u{202e}c\u{2028}\u{e0041}\u{d800}`,
    );
  });
});
