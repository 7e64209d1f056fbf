import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/protocol/peer/messages.ts';
import { Interest, LOOK_EVERY } from '../../../src/torrent/peers/interest.ts';
import { PeerState } from '../../../src/torrent/peers/peerState.ts';

/** A peer of a torrent of eight pieces, of which we lack `lacking`. */
const interestIn = (...lacking: readonly number[]) => {
  const state = new PeerState(8, { fast: true });
  const lack = new Set(lacking);
  const [sent, counted]: [string[], string[]] = [[], []];
  const peer = {
    state,
    send: (...messages: readonly Message[]): void => {
      for (const message of messages) {
        state.sent(message);
        sent.push(message.type);
      }
    },
  };
  const interest = new Interest(
    {
      availability: {
        told: (_, have) => counted.push(`has ${have.count}`),
        gained: (_, piece) => counted.push(`+${piece}`),
        left: () => counted.push('left'),
      },
      wants: (have) => [...lack].some((piece) => have.has(piece)),
      wantsPiece: (piece) => lack.has(piece),
    },
    peer,
  );
  const hears = (message: Message): boolean => {
    state.received(message);
    return interest.heard(message);
  };
  return { interest, state, lack, sent, counted, hears };
};

describe('interest', () => {
  it('is told when the peer gains what we lack, and taken back at the look after we have it', () => {
    const { interest, lack, sent, counted, hears } = interestIn(3);
    interest.begin();
    expect([hears({ type: 'have', piece: 2 }), sent]).toEqual([false, []]);
    expect([hears({ type: 'have', piece: 3 }), sent]).toEqual([false, ['interested']]);
    lack.clear();
    interest.look();
    expect(sent).toEqual(['interested', 'notInterested']);
    interest.end();
    expect(counted).toEqual(['+2', '+3', 'left']);
  });

  it('counts what the peer has said before', () => {
    const { interest, state, sent, counted } = interestIn(3);
    state.received({ type: 'haveAll' });
    interest.begin();
    expect([sent, counted, interest.served]).toEqual([['interested'], ['has 8'], false]);
  });

  it('may be asked at each unchoke, and for what is allowed and lacked while we are choked', () => {
    const { interest, hears } = interestIn(3);
    interest.begin();
    expect(hears({ type: 'allowedFast', piece: 3 })).toBe(false); // it does not have the piece yet
    expect(hears({ type: 'have', piece: 3 })).toBe(true);
    expect(interest.served).toBe(true);
    expect(hears({ type: 'allowedFast', piece: 2 })).toBe(false);
    expect([hears({ type: 'unchoke' }), hears({ type: 'unchoke' })]).toEqual([true, true]);
  });

  it('complains of a peer that keeps us choked, but not of the look in which that begins', () => {
    const { interest, hears } = interestIn(3);
    interest.begin();
    hears({ type: 'haveAll' });
    interest.look();
    interest.look();
    expect(interest.complaint(2 * LOOK_EVERY, Infinity)).toBeUndefined();
    interest.look();
    expect(interest.complaint(2 * LOOK_EVERY, Infinity)).toBe('has not unchoked us for 20 s');
    hears({ type: 'unchoke' });
    expect(interest.complaint(0, Infinity)).toBeUndefined();
  });

  it('complains of a peer that has nothing we lack', () => {
    const { interest } = interestIn(3);
    interest.begin();
    interest.look();
    expect(interest.complaint(Infinity, LOOK_EVERY)).toBeUndefined();
    interest.look();
    expect(interest.complaint(Infinity, LOOK_EVERY)).toBe('has had nothing we lack for 10 s');
  });
});
