import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockAt, blockBytes } from '../../marbles/index.ts';
import type { BlockRange, Message, PieceMessage } from '../../src/protocol/peer/messages.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { Requests } from '../../src/torrent/requests/requests.ts';
import type { Allowance } from '../../src/torrent/rates/tokenBucket.ts';

// Eight pieces of four blocks; the last has five bytes.
const geometry = new Geometry({ length: 31 * BLOCK + 5, pieceLength: 4 * BLOCK });

/** Knows what is used of it, and has so much more. */
class Purse implements Allowance {
  used = 0;
  left = 0;
  readonly waiting = new Set<() => void>();

  take(bytes: number, wake: () => void): boolean {
    if (this.left < bytes) {
      this.waiting.add(wake);
      return false;
    }
    this.spend(bytes);
    return true;
  }
  leave(wake: () => void): void {
    this.waiting.delete(wake);
  }
  give(bytes: number): void {
    this.spend(-bytes);
  }
  spend(bytes: number): void {
    this.used += bytes;
    this.left -= bytes;
  }
  fill(bytes: number): void {
    this.left += bytes;
    const all = [...this.waiting];
    this.waiting.clear();
    for (const wake of all) wake();
  }
}

class Side {
  readonly requests: Requests;
  readonly state = { choked: false, have: new Bitfield(8), reqq: undefined };
  /** Bytes of what came and had been asked for, late or not. */
  came = 0;
  readonly asked: BlockRange<'request'>[] = [];
  readonly wake: () => void;

  constructor(picker: PiecePicker, purse: Purse, world: { now: number }) {
    this.state.have.setAll();
    const send = (...messages: readonly Message[]): boolean => {
      for (const message of messages) if (message.type === 'request') this.asked.push(message);
      return true;
    };
    this.wake = () => this.requests.refill(world.now);
    this.requests = new Requests(picker, { state: this.state, send }, 0, { allowance: purse, wake: this.wake });
  }

  receive({ piece, begin, length }: BlockRange<'request'>): void {
    const message: PieceMessage = { type: 'piece', piece, begin, bytes: blockBytes(geometry, piece, begin, length) };
    const before = this.requests.unexpected;
    this.requests.received(message);
    if (this.requests.unexpected === before) this.came += length;
  }
}

const moves = [
  'fill',
  'fill',
  'refill',
  'receive',
  'receive',
  'again',
  'reject',
  'choke',
  'tick',
  'tick',
  'silence',
] as const;
const step = fc.record({ side: fc.nat({ max: 2 }), move: fc.constantFrom(...moves), nth: fc.nat({ max: 40 }) });

const sizeOfAll = (side: Side): number => {
  let sum = 0;
  for (let n = 1; n <= 32; n++) {
    const { piece, begin, length } = blockAt(geometry, n);
    if (side.requests.window.has(piece * geometry.blocksPerPiece + begin / BLOCK)) sum += length;
  }
  return sum;
};

describe('requests with a limit', () => {
  it('have used what has come and what is in flight, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const picker = new PiecePicker(geometry, { random: () => 0.5, order: inOrder });
        const purse = new Purse();
        const world = { now: 0 };
        const sides = [0, 1, 2].map(() => new Side(picker, purse, world));
        for (const { side: which, move, nth } of steps) {
          const side = sides[which] as Side;
          const request = side.asked[nth % Math.max(1, side.asked.length)];
          if (move === 'fill') purse.fill(nth * 5000);
          else if (move === 'refill') side.requests.refill(world.now);
          else if (move === 'choke') side.requests.giveBack();
          else if (move === 'tick') side.requests.tick((world.now += 1000));
          else if (move === 'silence') side.requests.tick((world.now += 20_000));
          else if (request && move === 'reject') side.requests.rejected({ ...request, type: 'reject' }, world.now);
          else if (request) side.receive(request);
          picker.check();
          expect(purse.used).toBe(sides.reduce((sum, each) => sum + each.came + sizeOfAll(each), 0));
        }
        for (const { requests } of sides) requests.end();
        expect(purse.used).toBe(sides.reduce((sum, each) => sum + each.came, 0));
        expect(purse.waiting.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('wait for leave only while there is something to ask for', () => {
    const picker = new PiecePicker(geometry, { random: () => 0.5, order: inOrder });
    const purse = new Purse();
    const side = new Side(picker, purse, { now: 0 });
    for (let piece = 0; piece < 8; piece++) picker.restore(piece);
    purse.left = 10 * BLOCK;
    side.requests.refill(0);
    expect([purse.used, purse.waiting.size, side.asked.length]).toEqual([0, 0, 0]);
  });

  it('are of no silent peer as long as they are held back', () => {
    const picker = new PiecePicker(geometry, { random: () => 0.5, order: inOrder });
    const side = new Side(picker, new Purse(), { now: 0 });
    side.requests.refill(0);
    for (let second = 1; second < 600; second++) expect(side.requests.tick(second * 1000)).toBe(0);
    expect(side.requests.window.snubbed).toBe(false);
  });
});
