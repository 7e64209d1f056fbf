import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkProtocol,
  decodeHandshake,
  encodeHandshake,
  HANDSHAKE_LENGTH,
} from '../../../src/protocol/peer/handshake.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { hex } from '../wireBytes.ts';

const infoHash = Uint8Array.from({ length: 20 }, (_, n) => n + 1);
const peerId = new TextEncoder().encode('-RX0001-abcdefghijkl');
const name = '13 426974546f7272656e742070726f746f636f6c';
const tail = '0102030405060708090a0b0c0d0e0f1011121314 2d5258303030312d6162636465666768696a6b6c';

describe('the handshake', () => {
  it.each([
    ['nothing promised', {}, '0000000000000000'],
    ['fast extension', { fast: true }, '0000000000000004'],
    ['extension protocol', { extended: true }, '0000000000100000'],
    ['DHT', { dht: true }, '0000000000000001'],
    ['all three', { fast: true, extended: true, dht: true }, '0000000000100005'],
  ])('is 68 bytes: %s', (_, abilities, reserved) => {
    const bytes = encodeHandshake({ infoHash, peerId, ...abilities });
    expect(bytes).toEqual(hex(name + reserved + tail));
    expect(bytes).toHaveLength(HANDSHAKE_LENGTH);
    expect(decodeHandshake(bytes)).toEqual({
      fast: false,
      extended: false,
      dht: false,
      ...abilities,
      infoHash,
      peerId,
      reserved: hex(reserved),
    });
  });

  it('says what it was told', () => {
    const twenty = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(twenty, twenty, fc.boolean(), fc.boolean(), fc.boolean(), (hash, id, fast, extended, dht) => {
        expect(decodeHandshake(encodeHandshake({ infoHash: hash, peerId: id, fast, extended, dht }))).toMatchObject({
          infoHash: hash,
          peerId: id,
          fast,
          extended,
          dht,
        });
      }),
      { seed: 7 },
    );
  });

  it('may promise what nobody knows yet', () => {
    const bytes = hex(`${name}ffffffffffffffff${tail}`);
    expect(decodeHandshake(bytes)).toMatchObject({
      fast: true,
      extended: true,
      dht: true,
      reserved: new Uint8Array(8).fill(0xff),
    });
  });

  it('is copied: what it came in is only lent', () => {
    const bytes = encodeHandshake({ infoHash, peerId });
    const theirs = decodeHandshake(bytes);
    bytes.fill(0xdd);
    expect(theirs.infoHash).toEqual(infoHash);
    expect(theirs.peerId).toEqual(peerId);
  });

  it('is refused at the first byte that is not of the protocol', () => {
    const bytes = encodeHandshake({ infoHash, peerId });
    for (let wrong = 0; wrong < 20; wrong++) {
      const changed = bytes.slice();
      changed[wrong] = (changed[wrong] as number) ^ 0x20;
      expect(() => checkProtocol(changed, wrong)).not.toThrow();
      expect(() => checkProtocol(changed, wrong + 1)).toThrow(Malformed);
      expect(() => decodeHandshake(changed)).toThrow(`byte ${wrong} to be`);
    }
    expect(() => checkProtocol(bytes.fill(0xff, 20), HANDSHAKE_LENGTH)).not.toThrow();
  });

  it.each([0, 1, 67, 69])('is not %i bytes', (length) => {
    expect(() => decodeHandshake(new Uint8Array(length).fill(0x13))).toThrow(Malformed);
  });
});
