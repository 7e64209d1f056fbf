import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockRange, Message } from '../../src/protocol/peer/messages.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { Habits } from '../../src/torrent/requests/habits.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { Requests } from '../../src/torrent/requests/requests.ts';

const geometry = new Geometry({ length: 40 * BLOCK, pieceLength: 4 * BLOCK });

/**
 * A peer that answers each request once at the most, whenever and in whatever order; and chokes, rejects and drops as
 * it likes.
 */
class Honest {
  now = 0;
  readonly habits = new Habits(0);
  readonly queue: BlockRange<'request'>[] = [];
  readonly state;
  requests: Requests;
  unexpected = 0;
  readonly #picker: PiecePicker;

  constructor(picker: PiecePicker, fast: boolean) {
    const have = new Bitfield(geometry.pieceCount);
    have.setAll();
    this.#picker = picker;
    this.state = { choked: false, fast, have };
    this.requests = this.#begin();
  }

  #begin(): Requests {
    const { queue, state } = this;
    const hear = (message: Message): void => {
      if (message.type === 'request') queue.push(message);
    };
    const send = (...messages: readonly Message[]): boolean => (messages.forEach(hear), true);
    return new Requests(this.#picker, { state, send }, this.now, undefined, this.habits);
  }

  give(nth: number): void {
    const [request] = this.queue.splice(nth % Math.max(1, this.queue.length), 1);
    if (request === undefined) return;
    const { piece, begin, length } = request;
    const before = this.requests.unexpected;
    this.requests.received({ type: 'piece', piece, begin, bytes: new Uint8Array(length) });
    this.unexpected += this.requests.unexpected - before;
    if (this.requests.hungry) this.requests.refill(this.now);
  }

  reject(nth: number): void {
    const [request] = this.state.fast ? this.queue.splice(nth % Math.max(1, this.queue.length), 1) : [];
    if (request !== undefined) this.requests.rejected({ ...request, type: 'reject' }, this.now);
  }

  choke(): void {
    this.state.choked = true;
    this.requests.choked(this.now);
  }

  unchoke(): void {
    this.state.choked = false;
    this.requests.giveUpChoked();
    if (this.requests.ended) this.requests = this.#begin();
    this.requests.refill(this.now);
  }
}

describe('a peer that answers no request more often than it was made', () => {
  const act = fc.record({
    what: fc.constantFrom('give', 'give', 'give', 'drop', 'reject', 'choke', 'unchoke', 'tick' as const),
    who: fc.nat(1),
    nth: fc.nat(40),
    later: fc.nat(900),
  });

  it('has never sent what was not asked for, and what it owes is asked for again', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300, size: 'max' }), fc.boolean(), (acts, fast) => {
        const picker = new PiecePicker(geometry, { random: () => 0.5 });
        const peers = [new Honest(picker, fast), new Honest(picker, !fast)] as const;
        let now = 0;
        const settle = (): void => {
          picker.check();
          for (let index = 0; index < geometry.pieceCount; index++) {
            if (!picker.stored.has(index) && !picker.wantsPiece(index)) picker.settle({ type: 'stored', index });
          }
        };
        for (const { what, who, nth, later } of acts) {
          const peer = peers[who as 0 | 1];
          peer.now = now += later;
          if (what === 'give') peer.give(nth);
          else if (what === 'drop') peer.queue.splice(nth % Math.max(1, peer.queue.length), 1);
          else if (what === 'reject') peer.reject(nth);
          else if (what === 'choke') peer.choke();
          else if (what === 'unchoke') peer.unchoke();
          else peer.requests.tick(now);
          settle();
          peer.requests.check();
        }
        expect(peers.map(({ unexpected }) => unexpected)).toEqual([0, 0]);
        // From now on one of them keeps to the rules, and all of it comes.
        const [peer, other] = peers;
        other.requests.end();
        peer.unchoke();
        for (let seconds = 0; seconds < 120 && !picker.complete; seconds++) {
          peer.now = now += 1000;
          peer.requests.tick(now);
          while (peer.queue.length > 0) peer.give(0);
          settle();
        }
        expect([picker.complete, peer.unexpected]).toEqual([true, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
