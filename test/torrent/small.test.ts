import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { PeerState } from '../../src/torrent/peers/peerState.ts';
import { stallReason } from '../../src/torrent/stats/stallReason.ts';

describe('Geometry', () => {
  const shape = fc.record({
    length: fc.integer({ min: 1, max: 2 ** 40 }),
    pieceLength: fc.integer({ min: 2 ** 22, max: 2 ** 30 }),
  });

  it('has pieces and blocks that add up', () => {
    const small = fc.record({
      length: fc.integer({ min: 1, max: 2 ** 22 }),
      pieceLength: fc.integer({ min: BLOCK - 1, max: 2 ** 20 }),
    });
    fc.assert(
      fc.property(small, (of) => {
        const geometry = new Geometry(of);
        let sum = 0;
        for (let piece = 0; piece < geometry.pieceCount; piece++) {
          expect(geometry.pieceOffset(piece)).toBe(sum);
          let blocks = 0;
          for (let block = 0; block < geometry.blockCount(piece); block++) {
            const size = geometry.blockSize(piece, block);
            expect(size > 0 && size <= BLOCK).toBe(true);
            blocks += size;
          }
          expect(blocks).toBe(geometry.pieceSize(piece));
          expect(geometry.blockCount(piece)).toBeLessThanOrEqual(geometry.blocksPerPiece);
          sum += blocks;
        }
        expect(sum).toBe(of.length);
      }),
      { numRuns: 50 },
    );
  });

  it('finds the pieces of a stretch, also of terabytes', () => {
    fc.assert(
      fc.property(
        shape,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 2 ** 32 }),
        (of, where, most) => {
          const geometry = new Geometry(of);
          const offset = Math.min(of.length - 1, Math.floor(where * of.length));
          const length = Math.min(most, of.length - offset);
          const [first, last] = geometry.piecesOf(offset, length);
          expect(
            geometry.pieceOffset(first) <= offset && offset < geometry.pieceOffset(first) + geometry.pieceSize(first),
          ).toBe(true);
          expect(
            geometry.pieceOffset(last) < offset + length &&
              offset + length <= geometry.pieceOffset(last) + geometry.pieceSize(last),
          ).toBe(true);
        },
      ),
    );
    expect(new Geometry({ length: 64, pieceLength: 32 }).piecesOf(32, 0)).toEqual([1, 1]);
  });
});

describe('Bitfield', () => {
  it('is as a set of numbers', () => {
    const move = fc.record({ type: fc.constantFrom('set', 'clear'), index: fc.nat(20) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 21 }), fc.array(move), (length, moves) => {
        const field = new Bitfield(length);
        const set = new Set<number>();
        for (const { type, index } of moves.filter((one) => one.index < length)) {
          if (type === 'set') {
            expect(field.set(index)).toBe(!set.has(index));
            set.add(index);
          } else {
            field.clear(index);
            set.delete(index);
          }
          field.check();
        }
        expect(Array.from({ length }, (_, index) => index).filter((index) => field.has(index))).toEqual(
          [...set].sort((a, b) => a - b),
        );
        expect([field.count, field.full]).toEqual([set.size, set.size === length]);
        const again = Bitfield.from(field.bytes, length);
        expect([again.bytes, again.count]).toEqual([field.bytes, field.count]);
      }),
    );
  });

  it('has its first piece in the highest bit, and spare bits of zero', () => {
    const field = new Bitfield(10);
    field.set(0);
    field.set(9);
    expect([...field.bytes]).toEqual([0x80, 0x40]);
    field.setAll();
    field.check();
    expect([...field.bytes, field.count]).toEqual([0xff, 0xc0, 10]);
    const even = new Bitfield(8);
    even.setAll();
    expect([...even.bytes, even.full]).toEqual([0xff, true]);
  });

  it.each([
    ['too short', [0xff], 10],
    ['too long', [0xff, 0xc0, 0], 10],
    ['with a spare bit set', [0xff, 0xe0], 10],
  ])('is not taken from bytes that are %s', (_, bytes, length) => {
    expect(() => Bitfield.from(Uint8Array.from(bytes), length)).toThrow(Malformed);
  });

  it('has nothing outside of its length', () => {
    const field = new Bitfield(9);
    for (const index of [-1, 9, 15, 1.5, Number.NaN]) {
      expect(field.has(index) && Number.isInteger(index)).toBe(false);
      expect(() => field.set(index)).toThrow(RangeError);
    }
  });
});

describe('PeerState', () => {
  const say = (state: PeerState, ...messages: readonly Message[]): PeerState => {
    for (const message of messages) state.received(message);
    return state;
  };
  const fast = (): PeerState => new PeerState(10, { fast: true });
  const bitfield: Message = { type: 'bitfield', bytes: Uint8Array.of(0x80, 0x40) };

  it('begins choked and not interested on both sides, with nothing', () => {
    const { choked, choking, interested, interesting, have } = new PeerState(10);
    expect([choked, choking, interested, interesting, have.count]).toEqual([true, true, false, false, 0]);
  });

  it('follows what they say', () => {
    const state = say(
      new PeerState(10),
      { type: 'unchoke' },
      { type: 'interested' },
      { type: 'have', piece: 3 },
      { type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(9) },
    );
    expect([state.choked, state.interested, state.have.has(3), state.downloaded]).toEqual([false, true, true, 9]);
    say(state, { type: 'choke' }, { type: 'notInterested' });
    expect([state.choked, state.interested]).toEqual([true, false]);
  });

  it('follows what we say', () => {
    const state = new PeerState(10);
    for (const message of [
      { type: 'unchoke' },
      { type: 'interested' },
      { type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(7) },
    ] as const)
      state.sent(message);
    expect([state.choking, state.interesting, state.uploaded]).toEqual([false, true, 7]);
    for (const message of [{ type: 'choke' }, { type: 'notInterested' }] as const) state.sent(message);
    expect([state.choking, state.interesting]).toEqual([true, false]);
  });

  it('takes a bitfield first, or after an extension handshake, a port or a keep-alive', () => {
    expect(say(new PeerState(10), bitfield).have.count).toBe(2);
    const after: Message[] = [
      { type: 'extended', id: 0, payload: new Uint8Array() },
      { type: 'port', port: 1 },
      { type: 'keepAlive' },
    ];
    expect(say(new PeerState(10), ...after, bitfield).have.count).toBe(2);
    // aria2 says one again instead of many haves.
    expect(say(new PeerState(10), { type: 'have', piece: 0 }, bitfield).have.count).toBe(2);
    expect(say(new PeerState(10), bitfield, { type: 'unchoke' }, bitfield).have.count).toBe(2);
    expect(say(fast(), { type: 'haveAll' }).have.full).toBe(true);
    expect(say(fast(), bitfield, { type: 'have', piece: 0 }, { type: 'haveAll' }, { type: 'haveAll' }).have.full).toBe(
      true,
    );
    expect(say(fast(), { type: 'haveNone' }, { type: 'have', piece: 1 }).have.count).toBe(1);
    // WebTorrent says that it has none only when it has the metadata.
    expect(say(fast(), { type: 'interested' }, { type: 'haveNone' }, { type: 'have', piece: 1 }).have.count).toBe(1);
  });

  it.each<[string, PeerState, Message[]]>([
    ['a bitfield that says nothing new nine times', new PeerState(10), new Array<Message>(10).fill(bitfield)],
    ['a bitfield of another length', new PeerState(20), [bitfield]],
    ['have all later nine times', fast(), [{ type: 'unchoke' }, ...new Array<Message>(9).fill({ type: 'haveAll' })]],
    ['have none after have all', fast(), [{ type: 'haveAll' }, { type: 'haveNone' }]],
    ['have none after a bitfield', fast(), [bitfield, { type: 'haveNone' }]],
    ['have none after have', fast(), [{ type: 'have', piece: 1 }, { type: 'haveNone' }]],
    ['have none later nine times', fast(), [{ type: 'unchoke' }, ...new Array<Message>(9).fill({ type: 'haveNone' })]],
    ['have all without the fast extension', new PeerState(10), [{ type: 'haveAll' }]],
    ['have none without the fast extension', new PeerState(10), [{ type: 'haveNone' }]],
    ['a piece that does not exist', new PeerState(10), [{ type: 'have', piece: 10 }]],
    [
      'a rejection without the fast extension',
      new PeerState(10),
      [{ type: 'reject', piece: 1, begin: 0, length: BLOCK }],
    ],
  ])('does not take %s', (_, state, messages) => {
    for (const message of messages.slice(0, -1)) state.received(message);
    expect(() => state.received(messages.at(-1) as Message)).toThrow(Malformed);
  });

  it.each<[string, Message]>([
    ['a suggestion', { type: 'suggest', piece: 10 }],
    ['allowed fast', { type: 'allowedFast', piece: 10 }],
    ['a rejection', { type: 'reject', piece: 10, begin: 0, length: BLOCK }],
  ])('passes over %s of a piece that does not exist', (_, message) => {
    const state = say(fast(), message);
    expect([state.suggested.size, state.allowedFast.size]).toEqual([0, 0]);
  });

  it('clears the spare bits of a bitfield, which older clients have set', () => {
    const spare: Message = { type: 'bitfield', bytes: Uint8Array.of(0x80, 0x7f) };
    expect([...say(new PeerState(10), spare).have.bytes]).toEqual([0x80, 0x40]);
    expect(say(new PeerState(10), { type: 'bitfield', bytes: Uint8Array.of(0xff, 0xff) }).have.full).toBe(true);
    const early = say(new PeerState(undefined), spare);
    early.counted(10);
    expect([[...early.have.bytes], early.have.count]).toEqual([[0x80, 0x40], 2]);
    early.have.check();
  });

  it('remembers 64 pieces that are allowed fast', () => {
    const state = new PeerState(100, { fast: true });
    for (let piece = 0; piece < 100; piece++) state.received({ type: 'allowedFast', piece });
    expect(state.allowedFast.size).toBe(64);
  });
});

describe('why nothing moves', () => {
  const situation = { known: 12, connected: 5, unchoked: 2, useful: true, seconds: 20.9 };
  it.each([
    [{}, '12 peers known, 5 connected, 2 unchoked us, none has sent a block for 20 s'],
    [{ unchoked: 0 }, '12 peers known, 5 connected, none has unchoked us for 20 s'],
    [{ useful: false }, '12 peers known, 5 connected, none has a piece that we lack'],
    [{ known: 1, connected: 0 }, '1 peer known, none connected for 20 s'],
    [{ known: 0 }, 'no peers known for 20 s'],
    [{ connected: 0, funnel: { dialled: 0, lost: { banned: 1 } } }, '12 peers known, none connected for 20 s'],
    [{ connected: 0, funnel: { dialled: 4, lost: {} } }, '12 peers known, 4 dialled, none connected for 20 s'],
    [
      { known: 48, connected: 0, funnel: { dialled: 48, lost: { timeout: 30, refused: 6, known: 9 } } },
      '48 peers known, 48 dialled (30 timed out, 6 refused), none connected for 20 s',
    ],
    [
      { known: 0, funnel: { dialled: 9, lost: { refused: 1, malformed: 2, oversized: 1, self: 1, useless: 2 } } },
      'no peers left for 20 s, 9 dialled (3 sent malformed data, 2 useless, 1 refused)',
    ],
    [
      { funnel: { dialled: 9, lost: { refused: 1 } } },
      '12 peers known, 5 connected, 2 unchoked us, none has sent a block for 20 s',
    ],
    [{ seconds: 4.9 }, undefined],
  ])('is said in words: %j', (change, words) => {
    expect(stallReason({ ...situation, ...change })).toBe(words);
  });
});
