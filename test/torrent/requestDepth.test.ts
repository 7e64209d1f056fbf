import { describe, expect, it } from 'vitest';
import type { BlockRange, Message } from '../../src/protocol/peer/messages.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { TOLERANCE, UNSAID_DEPTH } from '../../src/torrent/requests/depth.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { Habits } from '../../src/torrent/requests/habits.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { Requests } from '../../src/torrent/requests/requests.ts';

const BLOCKS = 2000;

/** A seed that answers in order, and keeps so many requests at one time. */
const keeping = (depth: number) => {
  const geometry = new Geometry({ length: BLOCKS * BLOCK, pieceLength: 100 * BLOCK });
  const picker = new PiecePicker(geometry, { random: () => 0.5, order: inOrder });
  const have = new Bitfield(geometry.pieceCount);
  have.setAll();
  const queue: BlockRange<'request'>[] = [];
  let dropped = 0;
  const keep = (message: Message): void => {
    if (queue.length < depth) queue.push(message as BlockRange<'request'>);
    else dropped++;
  };
  const requests = new Requests(
    picker,
    { state: { choked: false, have }, send: (...messages) => (messages.forEach(keep), true) },
    0,
  );
  requests.refill(0);
  const answerAll = (): number => {
    let most = 0;
    for (let now = 1; queue.length > 0; now++) {
      const { piece, begin, length } = queue.shift() as BlockRange<'request'>;
      requests.received({ type: 'piece', piece, begin, bytes: new Uint8Array(length) });
      if (requests.hungry) requests.refill(now);
      if (now % 1000 === 0) requests.tick(now);
      requests.check();
      most = Math.max(most, requests.inFlight);
    }
    return most;
  };
  return { requests, answerAll, dropped: () => dropped };
};

describe('the requests made of a peer that has not said how many it keeps', () => {
  it('are 250', () => {
    const { requests, answerAll, dropped } = keeping(250);
    expect(answerAll()).toBe(250);
    expect([requests.window.received, dropped()]).toEqual([BLOCKS, 0]);
  });

  it('that were passed over are all made again once they are a quarter of the window; then fewer are made', () => {
    const { requests, answerAll, dropped } = keeping(64);
    answerAll();
    // What is left was dropped at the very end, when nothing could be answered after it.
    expect(requests.window.received).toBeGreaterThan(BLOCKS - 64);
    expect(dropped()).toBeLessThan(400);
    expect(requests.window.most).toBeLessThanOrEqual(80);
  });

  it('are as many as before when what was taken for lost comes after all, and from then on the wait is longer', () => {
    const geometry = new Geometry({ length: BLOCKS * BLOCK, pieceLength: BLOCKS * BLOCK });
    const have = new Bitfield(1);
    have.setAll();
    const habits = new Habits(0);
    const picker = new PiecePicker(geometry, { random: () => 0.5, order: inOrder });
    const requests = new Requests(picker, { state: { choked: false, have }, send: () => true }, 0, undefined, habits);
    const give = (now: number, ...blocks: readonly number[]): void => {
      for (const block of blocks)
        requests.received({ type: 'piece', piece: 0, begin: block * BLOCK, bytes: new Uint8Array(BLOCK) });
      requests.refill(now);
    };
    requests.refill(0);
    give(10, 0, 1);
    give(20, 4);
    give(20 + TOLERANCE, 5);
    expect([habits.depth.most < UNSAID_DEPTH, habits.depth.tolerance]).toEqual([true, TOLERANCE]);
    give(300, 2);
    expect([habits.depth.most, habits.depth.tolerance, requests.unexpected]).toEqual([UNSAID_DEPTH, 2 * TOLERANCE, 0]);
  });
});
