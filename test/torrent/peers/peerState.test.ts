import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import type { Message } from '../../../src/protocol/peer/messages.ts';
import { MAX_PIECES } from '../../../src/torrent/metainfo/limits.ts';
import { PeerState } from '../../../src/torrent/peers/peerState.ts';

describe('what a peer has said before it is known how many pieces there are', () => {
  const message: fc.Arbitrary<Message> = fc.oneof(
    fc.record({
      type: fc.constantFrom('have' as const, 'allowedFast' as const, 'suggest' as const),
      piece: fc.nat(24),
    }),
    fc.record({ type: fc.constant('bitfield' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
    fc.record({ type: fc.constantFrom('haveAll' as const, 'haveNone' as const, 'choke' as const, 'unchoke' as const) }),
  );

  /** What they have in the end, or that something of it can't be. */
  const outcome = (state: PeerState, said: readonly Message[], then: () => void): string => {
    try {
      for (const each of said) {
        state.received(each);
        state.check();
      }
      then();
      state.check();
      return `${Buffer.from(state.have.bytes).toString('hex')} ${state.have.count} ${[...state.allowedFast].join()}`;
    } catch (error) {
      expect(error).toBeInstanceOf(Malformed);
      return 'malformed';
    }
  };

  it('comes to the same as if it had been known', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.integer({ min: 1, max: 24 }),
        fc.boolean(),
        (said, pieceCount, fast) => {
          const early = new PeerState(undefined, { fast });
          const known = outcome(new PeerState(pieceCount, { fast }), said, () => {});
          expect(outcome(early, said, () => early.counted(pieceCount))).toBe(known);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is kept though the bytes were only lent', () => {
    const state = new PeerState(undefined);
    const lent = Buffer.from([0xf0]);
    state.received({ type: 'bitfield', bytes: lent });
    lent.fill(0);
    state.counted(8);
    expect(state.have.count).toBe(4);
  });

  it('takes no more room than the largest torrent', () => {
    const state = new PeerState(undefined);
    for (let piece = 0; piece < MAX_PIECES; piece += 4099) state.received({ type: 'have', piece });
    expect(state.have.length).toBe(0);
    expect(state.have.full).toBe(false);
    state.counted(MAX_PIECES);
    expect(state.have.count).toBe(Math.ceil(MAX_PIECES / 4099));
    state.counted(5);
    expect(state.have.length).toBe(MAX_PIECES);
  });
});

describe('what a peer suggests', () => {
  it('is kept, the last 64 different pieces, whatever else it says', () => {
    const said = fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.record({ type: fc.constant('suggest' as const), piece: fc.nat(149) }) },
        {
          weight: 1,
          arbitrary: fc.record({ type: fc.constantFrom('choke' as const, 'unchoke' as const, 'haveAll' as const) }),
        },
      ),
      { maxLength: 400, size: 'max' },
    );
    fc.assert(
      fc.property(said, fc.boolean(), (messages, early) => {
        const state = new PeerState(early ? undefined : 150, { fast: true });
        const repeats = messages.filter(({ type }) => type === 'haveAll').length;
        fc.pre(repeats <= 8);
        for (const message of messages) {
          state.received(message);
          state.check();
        }
        state.counted(150);
        state.check();
        const pieces = messages.flatMap((message) => ('piece' in message ? [message.piece] : []));
        const last = [...new Set(pieces.reverse())].slice(0, 64).reverse();
        expect([...state.suggested]).toEqual(last);
      }),
      { numRuns: 300 },
    );
  });

  it('must be a piece that there is, also if that is known only later, or is passed over', () => {
    const state = new PeerState(undefined, { fast: true });
    for (const piece of [11, 12]) state.received({ type: 'suggest', piece });
    state.counted(12);
    expect([...state.suggested]).toEqual([11]);
    expect(() => new PeerState(12).received({ type: 'suggest', piece: 1 })).toThrow(Malformed);
  });
});
