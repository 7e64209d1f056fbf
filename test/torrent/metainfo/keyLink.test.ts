import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { immutableItem, publicKeyOf, signedItem } from '../../../src/protocol/dht/item.ts';
import { publicationItem, publicationOf } from '../../../src/protocol/dht/publication.ts';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { formatKeyLink, parseKeyLink } from '../../../src/torrent/metainfo/keyLink.ts';

const KEY = '8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e';
const HASH = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';

describe('a link to a key (BEP 46)', () => {
  it('is read, in any case and with percent-encoding, and written again', () => {
    const link = `magnet:?xs=urn:btpk:${KEY}&s=6e`;
    const read = parseKeyLink(link);
    expect([toHex(read?.key ?? new Uint8Array()), read?.salt]).toEqual([KEY, new Uint8Array([110])]);
    expect(formatKeyLink(read as NonNullable<typeof read>)).toBe(link);
    expect(parseKeyLink(` MAGNET:?tr=x&XS=URN%3abtpk:${KEY.toUpperCase()}\n`)).toEqual({ key: read?.key });
    expect(parseKeyLink(`magnet:?xs=urn:btpk:${KEY}&s=`)).toEqual({ key: read?.key });
  });

  it.each([
    `magnet:?xt=urn:btih:${HASH}&xs=urn:btpk:${KEY}`,
    'magnet:?xs=https://tracker.example/a.torrent',
    'magnet:?',
    HASH,
    `urn:btpk:${KEY}`,
    `magnet:?xs=urn:btpk:${KEY}&dn=${'a'.repeat(70_000)}`,
  ])('is nothing else: %.60s', (other) => expect(parseKeyLink(other)).toBeUndefined());

  it.each([
    `magnet:?xs=urn:btpk:${KEY.slice(2)}`,
    `magnet:?xs=urn:btpk:${KEY}00`,
    `magnet:?xs=urn:btpk:${KEY.replace('8', 'g')}`,
    'magnet:?xs=urn:btpk:',
    `magnet:?xs=urn:btpk:${KEY}&xs=urn:btpk:${KEY.replace('8', '9')}`,
    `magnet:?xs=urn:btpk:${KEY}&s=6`,
    `magnet:?xs=urn:btpk:${KEY}&s=${'6e'.repeat(65)}`,
  ])('is refused when its key or its salt is none: %.90s', (wrong) =>
    expect(() => parseKeyLink(wrong)).toThrow(Malformed),
  );

  it('is the same after it was written, whatever it names', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(key, fc.option(fc.uint8Array({ minLength: 1, maxLength: 64 })), (named, salt) => {
        const publisher = { key: named, ...(salt && { salt }) };
        expect(parseKeyLink(formatKeyLink(publisher))).toEqual(publisher);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        try {
          parseKeyLink(`magnet:?xs=urn:btpk:${garbage}`);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
    );
  });
});

describe('a publication', () => {
  const seed = new Uint8Array(32).fill(3);
  const infoHash = new Uint8Array(20).fill(1);

  it('is a signed dictionary with an info-hash, and nothing else', () => {
    const item = publicationItem({ infoHash, seq: 4 }, { seed });
    expect(publicationOf(item)).toEqual({ infoHash, seq: 4 });
    expect([item.signed?.key, Buffer.from(item.value).toString('latin1')]).toEqual([
      publicKeyOf(seed),
      `d2:ih20:${'\u0001'.repeat(20)}e`,
    ]);
    const { signed } = item;
    expect(publicationOf(immutableItem({ ih: infoHash }))).toBeUndefined();
    for (const value of ['text', 1, [infoHash], { ih: 'short' }, { ih: [1] }, { other: infoHash }])
      expect(publicationOf(signedItem(value, { seed, seq: 1 }))).toBeUndefined();
    for (const value of ['', 'd2:ih20:', 'd2:ih', 'l'.repeat(500)])
      expect(publicationOf({ value: new TextEncoder().encode(value), ...(signed && { signed }) })).toBeUndefined();
  });
});
