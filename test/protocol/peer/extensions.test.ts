import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Encodable, encode } from '../../../src/protocol/encoding/bencode.ts';
import {
  decodeExtensionHandshake,
  encodeExtensionHandshake,
  type ExtensionHandshake,
  mergeExtensionHandshakes,
} from '../../../src/protocol/peer/extensions.ts';
import { formatIp } from '../../../src/protocol/encoding/ip.ts';
import { bytes } from '../reference.ts';

const ids = (entries: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(entries));
const decoded = (dict: Readonly<Record<string, Encodable>>): ExtensionHandshake =>
  decodeExtensionHandshake(encode(dict));

describe('the extension handshake', () => {
  it('is as in the example of BEP 10', () => {
    const text = 'd1:md11:LT_metadatai1e6:µT_PEXi2ee1:pi6881e1:v13:\xc2\xb5Torrent 1.2e';
    const theirs = decodeExtensionHandshake(bytes(text));
    expect(theirs).toEqual({ ids: ids({ LT_metadata: 1, µT_PEX: 2 }), port: 6881, version: 'µTorrent 1.2' });
  });

  it('is written canonically', () => {
    const ours = {
      ids: ids({ ut_pex: 1, ut_metadata: 2 }),
      version: 'x',
      port: 1,
      reqq: 500,
      yourIp: '1.2.3.4',
      metadataSize: 9,
      uploadOnly: false,
    };
    const text =
      'd1:md11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei9e1:pi1e4:reqqi500e11:upload_onlyi0e' +
      '1:v1:x6:yourip4:\x01\x02\x03\x04e';
    expect(Buffer.from(encodeExtensionHandshake(ours)).toString('latin1')).toBe(text);
    expect(Buffer.from(encodeExtensionHandshake({ ids: new Map() })).toString('latin1')).toBe('d1:mdee');
  });

  it('leaves out addresses that are no literals', () => {
    const text = Buffer.from(
      encodeExtensionHandshake({ ids: new Map(), yourIp: 'example.org', ipv4: '', ipv6: 'fe80::1%lo' }),
    ).toString('latin1');
    expect(text).toBe('d1:mdee');
  });

  it('comes back as it was', () => {
    const name = fc.string({
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 20,
    });
    const ip = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(formatIp);
    const handshake = fc.record(
      {
        ids: fc.array(fc.tuple(name, fc.nat(255)), { maxLength: 20 }).map((entries) => new Map(entries)),
        version: fc.stringMatching(/^[ -~]{1,100}$/),
        port: fc.integer({ min: 1, max: 65_535 }),
        reqq: fc.integer({ min: 1, max: 100_000 }),
        yourIp: fc.oneof(ip(4), ip(16)),
        ipv4: ip(4),
        ipv6: ip(16).filter((text) => text.includes(':')),
        metadataSize: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        uploadOnly: fc.boolean(),
      },
      { requiredKeys: ['ids'] },
    );
    fc.assert(
      fc.property(
        handshake,
        (value) => void expect(decodeExtensionHandshake(encodeExtensionHandshake(value))).toEqual(value),
      ),
    );
  });
});

describe('what is not as it should be', () => {
  const nothing = { ids: new Map() };
  it.each<[string, Readonly<Record<string, Encodable>>]>([
    ['m is a list', { m: [1] }],
    ['m is an integer', { m: 7 }],
    ['ids are no bytes', { m: { a: -1, b: 256, c: 'x', d: [], e: 2n ** 63n } }],
    ['a name is endless', { m: { ['x'.repeat(65)]: 1 } }],
    ['p is 0', { p: 0 }],
    ['p is too large', { p: 65_536 }],
    ['p is text', { p: '6881' }],
    ['reqq is 0 or less', { reqq: 0, metadata_size: -1 }],
    ['reqq is no number', { reqq: '250', metadata_size: {} }],
    ['metadata_size is beyond reason', { metadata_size: 2 ** 40 }],
    ['addresses are cut off', { yourip: 'abc', ipv4: 'abcde', ipv6: 'abcd' }],
    ['v is an integer', { v: 3 }],
    ['upload_only is text', { upload_only: '1' }],
    ['there is more', { e: 1, complete_ago: 5, ut_holepunch: { a: [] }, '': '' }],
  ])('counts as absent: %s', (_, dict) => {
    expect(decoded(dict)).toEqual(nothing);
  });

  it('does not spoil the rest', () => {
    expect(decoded({ m: { a: 'x', ut_pex: 3 }, p: 'x', reqq: 5 })).toEqual({ ids: ids({ ut_pex: 3 }), reqq: 5 });
  });

  it('may be out of order, and something may follow', () => {
    expect(decodeExtensionHandshake(bytes('d4:reqqi5e1:mdee\n'))).toEqual({ ...nothing, reqq: 5 });
  });
});

describe('a later handshake', () => {
  const first: ExtensionHandshake = { ids: ids({ a: 1, b: 2 }), version: 'one', reqq: 5 };

  it('says what has changed', () => {
    expect(mergeExtensionHandshakes(first, { ids: ids({ b: 0, c: 3, a: 4 }), port: 7 })).toEqual({
      ids: ids({ a: 4, c: 3 }),
      version: 'one',
      reqq: 5,
      port: 7,
    });
  });

  it('may be the first: what it takes back was never there', () => {
    expect(mergeExtensionHandshakes(undefined, { ids: ids({ a: 0, b: 1 }) })).toEqual({ ids: ids({ b: 1 }) });
  });
});
