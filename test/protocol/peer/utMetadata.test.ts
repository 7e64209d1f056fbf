import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '../../../src/protocol/encoding/bencode.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import {
  decodeMetadata,
  encodeMetadata,
  METADATA_PIECE,
  type MetadataMessage,
} from '../../../src/protocol/peer/utMetadata.ts';
import { bytes } from '../reference.ts';

const text = (message: MetadataMessage): string => Buffer.from(encodeMetadata(message)).toString('latin1');

describe('messages of metadata', () => {
  it('are as in the examples of BEP 9', () => {
    expect(text({ type: 'request', piece: 0 })).toBe('d8:msg_typei0e5:piecei0ee');
    expect(text({ type: 'data', piece: 0, size: 34_256, bytes: bytes('xxxxxxxx') })).toBe(
      'd8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx',
    );
    expect(text({ type: 'reject', piece: 0 })).toBe('d8:msg_typei2e5:piecei0ee');
  });

  it('come back as they were', () => {
    const piece = fc.nat(1000);
    const message: fc.Arbitrary<MetadataMessage> = fc.oneof(
      fc.record({ type: fc.constantFrom('request' as const, 'reject' as const), piece }),
      fc.record({ type: fc.constant('data' as const), piece, bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
      fc.record({
        type: fc.constant('data' as const),
        piece,
        size: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      }),
    );
    fc.assert(
      fc.property(message, (said) => {
        expect(decodeMetadata(encodeMetadata(said))).toEqual(said);
      }),
    );
  });

  it('of other types are ignored, and so are keys that are not known', () => {
    expect(decodeMetadata(encode({ msg_type: 3, piece: 0 }))).toBeUndefined();
    expect(decodeMetadata(encode({ msg_type: -1 }))).toBeUndefined();
    expect(decodeMetadata(encode({ msg_type: 0, piece: 7, users: { x: 1 } }))).toEqual({ type: 'request', piece: 7 });
    expect(decodeMetadata(bytes('d5:piecei2e8:msg_typei2ee'))).toEqual({ type: 'reject', piece: 2 });
  });

  it('that say nothing of the size are taken', () => {
    expect(decodeMetadata(bytes('d8:msg_typei1e5:piecei1eeabc'))).toEqual({
      type: 'data',
      piece: 1,
      bytes: bytes('abc'),
    });
    expect(decodeMetadata(bytes('d8:msg_typei1e5:piecei1e10:total_size2:99eabc'))).toEqual({
      type: 'data',
      piece: 1,
      bytes: bytes('abc'),
    });
  });

  it('lend their bytes: they are those of the payload', () => {
    const payload = encodeMetadata({ type: 'data', piece: 0, size: 3, bytes: bytes('abc') });
    const message = decodeMetadata(payload);
    payload.fill(0);
    expect(message).toEqual({ type: 'data', piece: 0, size: 3, bytes: new Uint8Array(3) });
  });

  it.each([
    ['nothing', ''],
    ['a number', 'i1e'],
    ['no type', 'd5:piecei0ee'],
    ['a type in words', 'd8:msg_type7:request5:piecei0ee'],
    ['no piece', 'd8:msg_typei0ee'],
    ['a negative piece', 'd8:msg_typei0e5:piecei-1ee'],
    ['a piece beyond all', 'd8:msg_typei0e5:piecei4294967296ee'],
    ['data without any', 'd8:msg_typei1e5:piecei0ee'],
    ['more than a piece', `d8:msg_typei1e5:piecei0ee${'x'.repeat(METADATA_PIECE + 1)}`],
    ['far more than a piece', `d8:msg_typei1e5:piecei0ee${'x'.repeat(METADATA_PIECE + 2000)}`],
    ['cut off', 'd8:msg_typei1e5:pie'],
    ['lengths below zero', 'd-3:ee'],
    ['deep nesting', 'l'.repeat(5000)],
    ['many parts', `d1:xl${'i1e'.repeat(200)}ee`],
  ])('are refused: %s', (_, said) => {
    expect(() => decodeMetadata(bytes(said))).toThrow(Malformed);
  });
});
