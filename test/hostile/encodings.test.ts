import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safePaths } from '../../src/disk/names/safePath.ts';
import { type Encodable, encode } from '../../src/protocol/encoding/bencode.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import { MAX_LABEL } from '../../src/torrent/metainfo/textEncoding.ts';

const torrent = (names: readonly Uint8Array[], around: Record<string, Encodable>): Torrent => {
  const files = names.map((name) => ({ path: [name], length: 1 }));
  return parseTorrent(
    encode({ ...around, info: { name: 'x', files, 'piece length': 16_384, pieces: new Uint8Array(20) } }),
  );
};
const textsOf = (names: readonly Uint8Array[], around: Record<string, Encodable>): readonly string[] =>
  torrent(names, around).files.map(({ path }) => path[0] as string);

const gbk = Uint8Array.of(0xd6, 0xd0);

describe('R7: an encoding that is no use', () => {
  it.each<[string, Encodable]>([
    ['unknown', 'klingon'],
    ['empty', ''],
    ['no text', 7],
    ['a list', ['GBK']],
    ['a dictionary', { GBK: 'GBK' }],
    ['not ASCII', Uint8Array.of(0xff, 0xfe)],
    ['long', 'GBK'.repeat(40_000)],
    ['one byte too long', `GBK${' '.repeat(MAX_LABEL - 2)}`],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['hasOwnProperty', 'hasOwnProperty'],
    // In these `/` and `..` are made of other bytes, or ASCII is no ASCII.
    ['utf-16le', 'utf-16le'],
    ['UTF-16BE', 'UTF-16BE'],
    ['ucs-2', 'ucs-2'],
    ['its page', 'cp1200'],
    ['UTF-32', 'utf-32'],
    ['UTF-7', 'utf-7'],
    ['its page', '65000'],
    ['EBCDIC', 'cp037'],
    ['ISO-2022-JP', 'iso-2022-jp'],
    ['HZ', 'hz-gb-2312'],
    ['x-user-defined', 'x-user-defined'],
    ['replacement', 'replacement'],
    ['a part of ISO 8859 that is none', 'iso-8859-12'],
    ['another', 'iso-8859-99'],
  ])('%s is none', (_, encoding) => {
    expect(textsOf([gbk], { encoding })).toEqual(['ÖÐ']);
  });

  it('nor is a page that is none', () => {
    for (const codepage of [0, -936, 1200, 65_001, 2n ** 63n, '936', [936]] satisfies Encodable[])
      expect(textsOf([gbk], { codepage })).toEqual(['ÖÐ']);
  });

  it('spaces and the letters of its name do not matter up to the limit', () => {
    expect(textsOf([gbk], { encoding: `gBk${' '.repeat(MAX_LABEL - 3)}` })).toEqual(['中']);
  });
});

const labels = [
  'gbk',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'cp1251',
  'koi8-r',
  'cp866',
  'latin1',
  'iso-8859-2',
  'iso-8859-6',
  'cp874',
  'macintosh',
  'x',
];
const bytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 6 }),
  fc
    .array(fc.constantFrom(0x2e, 0x2f, 0x5c, 0x41, 0x81, 0x8e, 0xa1, 0xd6, 0xff), { minLength: 1, maxLength: 6 })
    .map((list) => Uint8Array.from(list)),
);

describe('R5, R7: names of any bytes in any encoding', () => {
  it('never fail, are the same each time, stay different, and ASCII stays ASCII', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 6 }), fc.constantFrom(...labels), (names, encoding) => {
        const texts = textsOf(names, { encoding });
        expect(textsOf(names, { encoding })).toEqual(texts);
        expect(new Set(texts).size).toBe(new Set(names.map((name) => Buffer.from(name).toString('hex'))).size);
        for (const [n, name] of names.entries())
          if (name.every((byte) => byte < 0x80)) expect(texts[n]).toBe(Buffer.from(name).toString('latin1'));
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  it('have no slash, and no dot, but those that are a byte of their own', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(...labels), (name, encoding) => {
        for (const mark of ['/', '.'])
          expect((textsOf([name], { encoding })[0] as string).split(mark).length - 1).toBe(
            name.filter((byte) => byte === mark.charCodeAt(0)).length,
          );
      }),
      { numRuns: 1000, seed: 8 },
    );
  });

  it('do not lead out of the folder', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 6 }), fc.constantFrom(...labels), (names, encoding) => {
        for (const file of safePaths(torrent(names, { encoding }), { folder: '/d' }, 'linux'))
          expect(file).toMatch(/^\/d\/x\/[^/]+$/);
      }),
      { numRuns: 300, seed: 9 },
    );
  });
});
