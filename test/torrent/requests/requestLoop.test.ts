import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/protocol/peer/messages.ts';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../../src/torrent/geometry.ts';
import { inOrder } from '../../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';
import { RequestLoop } from '../../../src/torrent/requests/requestLoop.ts';
import { MAX_UNASKED } from '../../../src/torrent/requests/habits.ts';

const PIECES = 40;

/** A loop with one peer that has everything. */
const scene = ({ fast = false, contested = false } = {}) => {
  const picker = new PiecePicker(new Geometry({ length: PIECES * BLOCK, pieceLength: BLOCK }), {
    random: () => 0,
    order: inOrder,
  });
  const have = new Bitfield(PIECES);
  have.setAll();
  const state = { choked: false, fast, have, allowedFast: new Set<number>() };
  const sent: Message[] = [];
  const faults: string[] = [];
  let time = 0;
  const loop = new RequestLoop(
    picker,
    { state, send: (...messages) => sent.push(...messages) > 0 },
    { clock: () => time, contested: () => contested, fault: (code) => void faults.push(code) },
  );
  const hear = (message: Message): void => {
    if (message.type === 'choke') state.choked = true;
    if (message.type === 'unchoke') state.choked = false;
    if (message.type === 'allowedFast') state.allowedFast.add(message.piece);
    loop.heard(message);
    loop.check();
  };
  const block = (piece: number): boolean => {
    const took = loop.took({ type: 'piece', piece, begin: 0, bytes: new Uint8Array(BLOCK) });
    loop.goOn();
    loop.check();
    return took;
  };
  const second = (passes = 1000): number => {
    time += passes;
    const silence = loop.tick();
    loop.check();
    return silence;
  };
  const asked = () => sent.flatMap((message) => (message.type === 'request' ? [message.piece] : []));
  const cancelled = () => sent.flatMap((message) => (message.type === 'cancel' ? [message.piece] : []));
  return { picker, loop, hear, block, second, asked, cancelled, faults };
};

describe('RequestLoop', () => {
  it.each([3_600_000, -3_600_000])('does not take a clock that is set by %d ms for the silence of a peer', (by) => {
    const { loop, block, second } = scene();
    loop.start();
    block(0);
    second();
    expect(second()).toBe(1_000);
    expect(second(by + 1_000)).toBe(2_000);
    expect(second()).toBe(3_000);
  });

  it('asks only once it is started, with the rule that holds then, and at once when the rule changes later', () => {
    const { loop, asked } = scene();
    loop.rule = 2;
    expect(asked()).toEqual([]);
    loop.start();
    expect(asked()).toEqual([0, 1]);
    loop.rule = 9;
    expect(asked()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('asks, takes each block that was asked for once, and asks for more', () => {
    const { loop, block, asked } = scene();
    loop.refill();
    expect(asked()).toEqual([0, 1, 2, 3]);
    expect([block(0), block(0), block(1)]).toEqual([true, false, true]);
    expect(asked().length).toBeGreaterThan(4);
  });

  it('begins anew at each unchoke', () => {
    const { loop, hear, asked } = scene();
    loop.refill();
    hear({ type: 'choke' });
    loop.refill();
    expect(asked()).toEqual([0, 1, 2, 3]);
    hear({ type: 'unchoke' });
    expect(asked()).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('says once that a peer sends blocks that it was not asked for', () => {
    const { loop, block, faults } = scene();
    loop.refill();
    for (let n = 0; n < MAX_UNASKED; n++) block(30);
    expect(faults).toEqual(['unexpected']);
  });

  it('says that a peer chokes us again and again, if others want its place', () => {
    for (const contested of [false, true]) {
      const { loop, hear, second, faults } = scene({ contested });
      loop.refill();
      for (let n = 0; n < 20; n++) {
        hear({ type: 'choke' });
        second();
        hear({ type: 'unchoke' });
      }
      expect(faults.length > 0).toBe(contested);
    }
  });

  it('obeys another rule at once', () => {
    const { loop, asked } = scene();
    loop.rule = 0;
    loop.start();
    expect(asked()).toEqual([]);
    loop.rule = 2;
    expect(asked()).toEqual([0, 1]);
  });

  it('keeps what it claims, whatever a peer says', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constantFrom('choke', 'unchoke', 'second', 'none') }),
      fc.record({ type: fc.constantFrom('block', 'reject', 'allowedFast', 'have'), piece: fc.nat(PIECES - 1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, fast) => {
        const { loop, picker, hear, block, second } = scene({ fast });
        loop.refill();
        for (const each of steps) {
          const piece = 'piece' in each ? each.piece : 0;
          if (each.type === 'choke' || each.type === 'unchoke') hear({ type: each.type });
          else if (each.type === 'block') block(piece);
          else if (each.type === 'reject') hear({ type: 'reject', piece, begin: 0, length: BLOCK });
          else if (each.type === 'allowedFast' || each.type === 'have') hear({ type: each.type, piece });
          else if (each.type === 'second') second();
          picker.check();
        }
        loop.end();
        picker.check();
      }),
    );
  });

  it('makes way for a reader: what is not at hand is cancelled and asked for behind it, twice a second at most', () => {
    const { picker, loop, asked, cancelled, second } = scene();
    loop.rule = 6;
    loop.start();
    picker.readers.add({ at: 20, last: 21 });
    loop.refill();
    expect([cancelled(), asked().slice(6)]).toEqual([
      [2, 3, 4, 5],
      [20, 21, 2, 3],
    ]);
    picker.readers.add({ at: 30, last: 30 });
    loop.refill();
    expect(cancelled()).toHaveLength(4);
    second();
    expect([cancelled().slice(4), asked().slice(10)]).toEqual([
      [2, 3],
      [30, 2],
    ]);
    loop.check();
  });

  it('makes no way where all that a reader needs is asked for, or can not be had here', () => {
    const { picker, loop, cancelled } = scene();
    loop.rule = 6;
    loop.start();
    picker.readers.add({ at: 0, last: 5 });
    loop.refill();
    picker.restore(9);
    picker.readers.add({ at: 9, last: 9 });
    loop.refill();
    expect(cancelled()).toEqual([]);
  });
});
