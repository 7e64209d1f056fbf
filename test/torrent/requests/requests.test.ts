import { describe, expect, it } from 'vitest';
import { blockAt, blockBytes } from '../../../marbles/index.ts';
import type { Message, PieceMessage } from '../../../src/protocol/peer/messages.ts';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../../src/torrent/geometry.ts';
import { byPriority, firstBy, inOrder, type PieceOrder, rarestFirst } from '../../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';
import { Requests } from '../../../src/torrent/requests/requests.ts';

const TAIL = 5;
// Two pieces of two blocks; the last has five bytes.
const geometry = new Geometry({ length: 3 * BLOCK + TAIL, pieceLength: 2 * BLOCK });
const block = (n: number): PieceMessage => {
  const { piece, begin, length } = blockAt(geometry, n);
  return { type: 'piece', piece, begin, bytes: blockBytes(geometry, piece, begin, length) };
};

const world = (reqq?: number) => {
  const picker = new PiecePicker(geometry, { random: () => 0.5, order: inOrder });
  const have = new Bitfield(2);
  have.setAll();
  const join = () => {
    const sent: Message[] = [];
    const state = { choked: false, have, reqq };
    const requests = new Requests(picker, { state, send: (...messages) => sent.push(...messages) > 0 }, 0);
    return {
      requests,
      state,
      sent,
      asked: () =>
        sent
          .splice(0)
          .map((message) =>
            'begin' in message ? `${message.type} ${message.piece * 2 + message.begin / BLOCK + 1}` : message.type,
          ),
    };
  };
  return { picker, join };
};

describe('the requests made of a peer', () => {
  it('ask for whole blocks, the last for what there is', () => {
    const { requests, sent } = world().join();
    requests.refill(0);
    expect(sent.map((message) => ('length' in message ? message.length : 0))).toEqual([BLOCK, BLOCK, BLOCK, TAIL]);
    expect(requests.inFlight).toBe(4);
  });

  it('are as many as the peer takes', () => {
    const { requests, asked } = world(2).join();
    requests.refill(0);
    expect(asked()).toEqual(['request 1', 'request 2']);
    expect(requests.received(block(2))).toBe(true);
    requests.refill(0);
    expect(asked()).toEqual(['request 3']);
  });

  it('are fewer once the peer says that it keeps fewer', () => {
    const { requests, state, asked } = world().join();
    requests.refill(0);
    expect(asked()).toHaveLength(4);
    state.reqq = 1;
    requests.received(block(1));
    requests.refill(0);
    expect([asked(), requests.window.limit]).toEqual([[], 1]);
    for (const n of [2, 3]) requests.received(block(n));
    requests.check();
    state.reqq = undefined;
    requests.refill(0);
    expect(requests.window.limit).toBe(1);
  });

  it('are none while we are choked, and none after the end', () => {
    const { requests, state, asked } = world().join();
    state.choked = true;
    requests.refill(0);
    state.choked = false;
    requests.end();
    requests.refill(0);
    expect([asked(), requests.inFlight]).toEqual([[], 0]);
  });

  it.each<[string, PieceMessage]>([
    ['too short', { ...block(1), bytes: new Uint8Array(BLOCK - 1) }],
    ['too long', { ...block(4), bytes: new Uint8Array(BLOCK) }],
    ['empty', { ...block(1), bytes: new Uint8Array() }],
    ['not where one begins', { ...block(1), begin: 1 }],
    ['beyond its piece', { ...block(1), begin: 2 * BLOCK }],
    ['of no piece', { ...block(1), piece: 2 }],
    ['of a piece far away', { ...block(1), piece: 2 ** 32 - 1, begin: 2 ** 32 - BLOCK }],
  ])('are not answered by a block that is %s', (_, message) => {
    const { picker, join } = world();
    const { requests } = join();
    requests.refill(0);
    expect([requests.received(message), requests.unexpected, requests.inFlight]).toEqual([false, 1, 4]);
    picker.check();
  });

  it('are answered once; what was not asked for is unexpected', () => {
    const { requests, asked } = world(2).join();
    requests.refill(0);
    asked();
    expect([requests.received(block(1)), requests.received(block(1)), requests.received(block(4))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(requests.unexpected).toBe(2);
  });

  it('are cancelled when another was faster, whose block may come all the same', () => {
    const { picker, join } = world();
    const [one, other] = [join(), join()];
    one.requests.refill(0);
    other.requests.refill(0);
    one.asked();
    expect(other.requests.received(block(2))).toBe(true);
    expect(one.asked()).toEqual(['cancel 2']);
    expect([one.requests.received(block(2)), one.requests.unexpected, one.requests.inFlight]).toEqual([false, 0, 3]);
    picker.check();
  });

  it('go to others at a choke and at the end', () => {
    const { join } = world();
    const [one, other] = [join(), join()];
    one.requests.refill(0);
    one.requests.giveBack();
    expect(one.requests.inFlight).toBe(0);
    other.requests.refill(0);
    expect(other.asked()).toHaveLength(4);
    other.requests.end();
    other.requests.end();
    one.asked();
    one.requests.refill(0);
    expect(one.asked()).toHaveLength(4);
  });

  it('that are lost are made again when the peer has answered another, of another piece', () => {
    const { requests, asked } = world(1).join();
    requests.refill(0);
    expect(asked()).toEqual(['request 1']);
    requests.tick(11_000);
    expect(asked()).toEqual(['request 3']);
    requests.received(block(3));
    requests.refill(11_500);
    expect(asked()).toEqual(['request 4']);
    requests.tick(12_000);
    requests.received(block(4));
    requests.refill(12_000);
    expect(asked()).toEqual(['request 1']);
  });

  it('that are all lost are made again, one at a time, when nobody else has taken them over for five seconds', () => {
    const { requests, asked } = world().join();
    requests.refill(0);
    expect(asked()).toHaveLength(4);
    const later = [11_000, 12_000, 15_000, 16_000].map((now) => (requests.tick(now), asked()));
    expect(later).toEqual([[], [], [], ['request 1']]);
    requests.received(block(1));
    requests.tick(17_000);
    expect(asked()).not.toEqual([]);
  });

  it('that are all rejected are ten a second, and a peer that does so has been silent', () => {
    const { requests, asked } = world().join();
    const silences: number[] = [];
    requests.refill(0);
    for (let second = 1; second <= 3; second++) {
      let rejected = 0;
      for (let open = asked(); open.length > 0; open = asked()) {
        for (const request of open) {
          const { piece, begin, length } = blockAt(geometry, Number(request.split(' ')[1]));
          rejected++;
          requests.rejected(
            { type: 'reject', piece, begin, length: piece === 1 && begin > 0 ? TAIL : length },
            second * 1000 - 1,
          );
        }
      }
      expect(rejected).toBeLessThanOrEqual(14);
      silences.push(requests.tick(second * 1000));
    }
    expect(silences).toEqual([1000, 2000, 3000]);
  });

  it('that nobody makes are no silence', () => {
    const { requests, state } = world().join();
    state.choked = true;
    expect([1000, 2000, 90_000].map((now) => requests.tick(now))).toEqual([0, 0, 0]);
  });
});

describe('what a peer suggests', () => {
  const eight = new Geometry({ length: 8 * BLOCK, pieceLength: BLOCK });

  /** A peer with all of eight pieces of one block, but for `lacking`; they are as rare as one another. */
  const suggesting = (pieces: readonly number[], { order, lacking = [], stored = [] }: Suggested = {}) => {
    const picker = new PiecePicker(eight, { random: () => 0.5, order });
    for (const piece of stored) picker.restore(piece);
    const have = new Bitfield(8);
    for (let piece = 0; piece < 8; piece++) if (!lacking.includes(piece)) have.set(piece);
    const state = { choked: false, have, reqq: 3, suggested: new Set(pieces), allowedFast: new Set<number>() };
    const sent: Message[] = [];
    const requests = new Requests(picker, { state, send: (...messages) => sent.push(...messages) > 0 }, 0);
    return {
      picker,
      state,
      requests,
      asked: () => sent.splice(0).map((message) => ('piece' in message ? message.piece : -1)),
    };
  };
  const whole = (piece: number): PieceMessage => ({ type: 'piece', piece, begin: 0, bytes: new Uint8Array(BLOCK) });
  interface Suggested {
    readonly order?: PieceOrder;
    readonly lacking?: readonly number[];
    readonly stored?: readonly number[];
  }

  it('is asked for first, the rarest of it before the rest', () => {
    const { picker, requests, asked } = suggesting([7, 5], { stored: [0, 1, 2, 3] });
    const seven = new Bitfield(8);
    seven.set(7);
    picker.availability.told({}, seven);
    requests.refill(0);
    expect(asked()).toEqual([5, 7, 4]);
  });

  it('is forgotten when it is there, or not wanted; not while it is asked for, nor at a choke', () => {
    const { picker, state, requests, asked } = suggesting([6, 1, 2], { stored: [1] });
    picker.exclude(2);
    requests.refill(0);
    expect([asked(), [...state.suggested]]).toEqual([[6, 0, 3], [6]]);
    state.choked = true;
    requests.giveBack();
    state.choked = false;
    requests.refill(0);
    expect([asked()[0], [...state.suggested]]).toEqual([6, [6]]);
    for (const index of [6, 0]) {
      requests.received(whole(index));
      picker.settle({ type: 'stored', index });
    }
    requests.refill(0);
    expect([asked(), [...state.suggested]]).toEqual([[4, 5], []]);
    picker.check();
  });

  it('waits until they have it, or allow it while they choke us', () => {
    const { state, requests, asked } = suggesting([6, 5], { lacking: [6] });
    state.choked = true;
    state.allowedFast.add(5).add(3);
    requests.refill(0);
    expect([asked(), [...state.suggested]]).toEqual([
      [5, 3],
      [6, 5],
    ]);
    state.choked = false;
    state.have.set(6);
    for (const index of [5, 3]) requests.received(whole(index));
    requests.refill(0);
    expect(asked()).toEqual([6, 0, 1]);
  });

  it.each<[string, PieceOrder]>([
    ['in order', inOrder],
    ['rarest first, chosen by people', firstBy(byPriority, rarestFirst, inOrder)],
  ])('does not count when people have another order: %s', (_, order) => {
    const { requests, asked } = suggesting([7, 6], { order });
    requests.refill(0);
    expect(asked()).toEqual([0, 1, 2]);
  });

  it('does not come before what has a higher priority, nor is it asked for sooner if it has a lower one', () => {
    const { picker, requests, asked } = suggesting([7, 5]);
    picker.prioritise(2, 1);
    picker.prioritise(7, -1);
    requests.refill(0);
    expect(asked()).toEqual([2, 5, 0]);
  });

  it('is not followed of a peer that owes us what it was asked for', () => {
    const { state, requests, asked } = suggesting([]);
    requests.refill(0);
    expect(asked()).toEqual([0, 1, 2]);
    state.suggested.add(7);
    for (let now = 1000; !requests.window.snubbed; now += 1000) requests.tick(now);
    // It is tried with one, and not with what it would rather give.
    expect([asked(), requests.suggested]).toEqual([[3], undefined]);
  });
});
