import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../../src/protocol/peer/frames.ts';
import { encodeMessages, type Message } from '../../../src/protocol/peer/messages.ts';
import { hex, heardOf } from '../wireBytes.ts';

const payload = Uint8Array.of(0xaa, 0xbb, 0xcc);

// From the specifications, written out by hand: length, id, payload.
const range = { root: new Uint8Array(32).fill(0xab), base: 2, index: 512, length: 256, proof: 9 };
const RANGE = `${'ab'.repeat(32)} 00000002 00000200 00000100 00000009`;
const vectors: readonly [name: string, message: Message, bytes: string][] = [
  ['keep-alive', { type: 'keepAlive' }, '00000000'],
  ['choke', { type: 'choke' }, '00000001 00'],
  ['unchoke', { type: 'unchoke' }, '00000001 01'],
  ['interested', { type: 'interested' }, '00000001 02'],
  ['not interested', { type: 'notInterested' }, '00000001 03'],
  ['have', { type: 'have', piece: 0x01020304 }, '00000005 04 01020304'],
  ['have of a piece above 2³¹', { type: 'have', piece: 0xfffffffe }, '00000005 04 fffffffe'],
  ['bitfield', { type: 'bitfield', bytes: Uint8Array.of(0xc0, 0x01) }, '00000003 05 c001'],
  ['request', { type: 'request', piece: 1, begin: 0x4000, length: 0x4000 }, '0000000d 06 00000001 00004000 00004000'],
  ['piece', { type: 'piece', piece: 2, begin: 0x8000, bytes: payload }, '0000000c 07 00000002 00008000 aabbcc'],
  ['cancel', { type: 'cancel', piece: 1, begin: 0, length: 0x3fff }, '0000000d 08 00000001 00000000 00003fff'],
  ['port', { type: 'port', port: 0x1ae1 }, '00000003 09 1ae1'],
  ['suggest', { type: 'suggest', piece: 7 }, '00000005 0d 00000007'],
  ['have all', { type: 'haveAll' }, '00000001 0e'],
  ['have none', { type: 'haveNone' }, '00000001 0f'],
  ['reject', { type: 'reject', piece: 3, begin: 0x4000, length: 0x100 }, '0000000d 10 00000003 00004000 00000100'],
  ['allowed fast', { type: 'allowedFast', piece: 9 }, '00000005 11 00000009'],
  ['extended', { type: 'extended', id: 0, payload: Uint8Array.of(0x64, 0x65) }, '00000004 14 00 6465'],
  ['hash request', { type: 'hashRequest', ...range }, `00000031 15 ${RANGE}`],
  [
    'hashes',
    { type: 'hashes', ...range, hashes: new Uint8Array(32).fill(1) },
    `00000051 16 ${RANGE} ${'01'.repeat(32)}`,
  ],
  ['hash reject', { type: 'hashReject', ...range }, `00000031 17 ${RANGE}`],
  ['extended without payload', { type: 'extended', id: 3, payload: new Uint8Array() }, '00000002 14 03'],
];

describe('messages on the wire', () => {
  it.each(vectors)('%s', (_, message, bytes) => {
    expect(encodeMessages([message])).toEqual(hex(bytes));
    expect(heardOf(hex(bytes))).toEqual([message]);
  });

  it('follow one another in one buffer', () => {
    expect(encodeMessages(vectors.map(([, message]) => message))).toEqual(
      hex(vectors.map(([, , bytes]) => bytes).join('')),
    );
  });

  it('are none if there is nothing to say', () => {
    expect(encodeMessages([])).toEqual(new Uint8Array());
    expect(heardOf(new Uint8Array())).toEqual([]);
  });

  it('of unknown types can be heard, not said', () => {
    expect(encodeMessages([{ type: 'choke' }, { type: 'unknown', id: 21, length: 9 }, { type: 'unchoke' }])).toEqual(
      hex('00000001 00 00000001 01'),
    );
  });

  it('are copied when encoded', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const encoded = encodeMessages([{ type: 'piece', piece: 0, begin: 0, bytes }]);
    bytes.fill(0xdd);
    expect([...encoded.subarray(-3)]).toEqual([1, 2, 3]);
  });

  it('carry bytes that lie in the chunk itself, which nobody copies', () => {
    const chunk = hex('0000000c 07 00000002 00008000 aabbcc');
    const seen: ArrayBufferLike[] = [];
    new FrameDecoder((message) => message.type === 'piece' && seen.push(message.bytes.buffer)).push(chunk);
    expect(seen).toEqual([chunk.buffer]);
    expect(seen[0]).toBe(chunk.buffer);
  });
});
