import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/protocol/peer/messages.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { MAX_STRETCHES, LONG_STRETCH, MUCH, ReadAhead, STRETCH } from '../../../src/torrent/upload/readAhead.ts';
import { ReadBudget } from '../../../src/torrent/upload/readBudget.ts';
import { RequestQueue } from '../../../src/torrent/upload/requestQueue.ts';
import { MAX_QUEUED, MAX_REFUSED, MAX_UNREAD, UploadSession } from '../../../src/torrent/upload/uploadSession.ts';

const BLOCK = 16_384;
const geometry = new Geometry({ length: 10 * 4 * BLOCK - 1000, pieceLength: 4 * BLOCK });

const range = fc.record({
  piece: fc.oneof(fc.nat(11), fc.constant(2 ** 32 - 1)),
  begin: fc.oneof(
    fc.nat(4).map((n) => n * BLOCK),
    fc.nat(70_000),
    fc.constant(2 ** 32 - 1),
  ),
  length: fc.oneof(fc.constant(BLOCK), fc.nat(140_000), fc.constant(2 ** 32 - 1)),
});

describe('the queue of requests', () => {
  it('keeps only what can be answered, and no more than it may', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('add', 'remove', 'sift'), range), { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (steps, most) => {
          const queue = new RequestQueue(geometry, most);
          for (const [what, it] of steps) {
            if (what === 'add') queue.add(it);
            else if (what === 'remove') queue.remove(it);
            else queue.sift((piece) => piece !== it.piece);
            queue.check();
            const run = queue.run(4 * BLOCK);
            expect(run.length > 0).toBe(queue.size > 0);
            for (let n = 1; n < run.length; n++)
              expect(run[n]).toMatchObject({
                piece: run[0]?.piece,
                begin: (run[n - 1]?.begin ?? 0) + (run[n - 1]?.length ?? 0),
              });
          }
        },
      ),
    );
  });
});

/** A peer that does whatever it likes, and counts what is kept for it. */
const stranger = ({ fast = true, reqq = 50 } = {}) => {
  const state = { choking: false, fast, allowing: new Set<number>() };
  const sent: Message[] = [];
  let open = true;
  let bytes = 0;
  let offence: string | undefined;
  const reads: (() => void)[] = [];
  /** How much had been sent when each read began. */
  const given: number[] = [];
  const peer = {
    state,
    send: (...messages: readonly Message[]) => {
      sent.push(...messages);
      for (const message of messages) bytes += message.type === 'piece' ? message.bytes.length : 17;
      return open;
    },
  };
  const serving = new UploadSession(
    peer,
    {
      geometry,
      has: (index) => index !== 3,
      read: (_, __, into, done) => {
        given.push(sent.length);
        reads.push(() => done(into.length > 0));
      },
      reqq,
      budget: new ReadBudget(0),
      offended: (code, what) => (offence = `${code}: ${what}`),
    },
    0,
  );
  return {
    state,
    sent,
    serving,
    reads,
    given,
    close: () => (open = false),
    drain: (now: number) => ((open = true), serving.drained(now)),
    bytes: () => bytes,
    offence: () => offence,
  };
};
const request = (piece: number, block: number) =>
  ({ type: 'request', piece, begin: block * BLOCK, length: BLOCK }) as const;

describe('serving a stranger', () => {
  it('answers each request of a polite one exactly once, whatever is asked in whatever order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(34), { minLength: 1, maxLength: 30 }), (blocks) => {
        const { serving, sent, reads, offence } = stranger();
        const asked = blocks.map((n) => request(Math.floor(n / 4), n % 4));
        for (const each of asked) {
          serving.requested(each, 0);
          serving.check();
          if (each.begin === 0) reads.shift()?.();
        }
        while (reads.length > 0) reads.shift()?.();
        const answered = sent.map((message) =>
          message.type === 'piece' || message.type === 'reject' ? `${message.piece} ${message.begin}` : 'else',
        );
        expect([...answered].sort()).toEqual(asked.map(({ piece, begin }) => `${piece} ${begin}`).sort());
        expect(
          sent.every((message) => (message.type === 'reject') === ('piece' in message && message.piece === 3)),
        ).toBe(true);
        expect(offence()).toBeUndefined();
      }),
    );
  });

  it.each([
    ['that reads as fast as we write has the next piece read before it is given the one before', true],
    ['that reads slower waits for one piece after the other', false],
  ])('one %s', (_, quick) => {
    const { serving, sent, reads, given, close, drain } = stranger();
    const pieces = [0, 1, 2, 4, 5, 6, 7];
    for (const piece of pieces) for (let block = 0; block < 4; block++) serving.requested(request(piece, block), 0);
    for (let time = 0; reads.length > 0; time += 1000) {
      if (!quick) close();
      reads.shift()?.();
      serving.check();
      if (!quick) for (let n = 0; n < 4; n++) drain(time + 500);
    }
    expect(sent.length).toBe(28);
    expect(given).toEqual(quick ? [0, 4, 8, 8, 12, 16, 20] : [0, 4, 8, 12, 16, 20, 24]);
  });

  it('keeps 50 requests and 256 KiB of who floods and never reads, and hangs up on it', () => {
    const { serving, reads, close, bytes, offence } = stranger();
    close();
    for (let n = 0; n < 100_000 && offence() === undefined; n++) {
      serving.requested(request(n % 3, n % 4), 0);
      serving.requested(request(9, 9), 0);
      reads.shift()?.();
      serving.check();
      expect(serving.waiting).toBeLessThanOrEqual(50);
    }
    expect(bytes()).toBeLessThanOrEqual(262_144 + 17 * MAX_UNREAD);
    expect(offence()).toMatch(/^unexpected: asked more than 300 times/);
  });

  it.each(['choke', 'requests out of range', 'request and cancel'])('never sends more than %s allow', (how) => {
    const { serving, state, reads, close, bytes, offence } = stranger();
    close();
    for (let n = 0; n < 200_000 && offence() === undefined; n++) {
      if (how === 'choke') state.choking = n % 100 > 50;
      const one = how === 'requests out of range' ? request(99, 0) : request(n % 3, n % 4);
      serving.requested(one, 0);
      if (how === 'request and cancel') serving.cancelled({ ...one, type: 'cancel' });
      if (n < 3) reads.shift()?.();
      serving.check();
    }
    expect(offence()).toBeDefined();
    expect(bytes()).toBeLessThanOrEqual(262_144 + 17 * (MAX_UNREAD + MAX_REFUSED));
  });

  it('gives who is choked twice what it may have nevertheless, and then no more until it is unchoked', () => {
    const { serving, state, sent, reads, offence } = stranger();
    state.choking = true;
    state.allowing.add(0);
    const ask = (n: number): void => {
      serving.requested(request(0, n % 4), 0);
      while (reads.length > 0) reads.shift()?.();
    };
    const given = (): number => sent.splice(0).filter(({ type }) => type === 'piece').length;
    for (let n = 0; n < 40; n++) ask(n);
    expect([given(), offence()]).toEqual([8, undefined]);
    state.choking = false;
    for (let n = 0; n < 40; n++) ask(n);
    expect(given()).toBe(40);
    state.choking = true;
    for (let n = 0; n < 4; n++) serving.requested(request(0, n), 0);
    expect([given(), serving.waiting]).toEqual([0, 0]);
  });

  it.each([
    ['rejects what is too much at one time, and gives the rest', true, 600],
    ['gives all to one who can’t be told of what is rejected', false, 600],
    ['gives as much as anybody asks for at one time', false, MAX_QUEUED],
  ])('%s', (_, fast, count) => {
    const { serving, sent, reads, close, drain, offence } = stranger({ fast, reqq: 500 });
    close();
    // The first finds out that the buffer is full; of the others none is like another.
    const asked = Array.from({ length: count }, (_, n) => ({ ...request(0, 0), begin: n, length: 1 }) as const);
    for (const each of asked) serving.requested(each, 0);
    for (let time = 0; reads.length > 0 || serving.waiting > 0; time++) {
      reads.shift()?.();
      drain(time);
      serving.check();
    }
    expect(offence()).toBeUndefined();
    expect(sent.filter(({ type }) => type === 'reject').length).toBe(fast ? count - 500 : 0);
    expect(new Set(sent.map((message) => ('begin' in message ? message.begin : undefined))).size).toBe(count);
  });

  it('leaves one who can’t be told, and asks for even more at one time', () => {
    const { serving, close, offence } = stranger({ fast: false });
    close();
    for (let n = 0; n <= MAX_QUEUED; n++) {
      expect(offence()).toBeUndefined();
      serving.requested({ ...request(0, 0), begin: n, length: 1 }, 0);
    }
    expect(offence()).toBe('unexpected: asked for more than 2000 blocks at one time');
  });

  it('sends nothing after an offence', () => {
    const { serving, sent, offence } = stranger();
    for (let n = 0; n <= MAX_REFUSED; n++) serving.requested(request(99, 0), 0);
    expect(offence()).toBeDefined();
    const before = sent.length;
    serving.requested(request(1, 1), 0);
    serving.drained(5);
    expect(sent.length).toBe(before);
  });
});

describe('reading ahead', () => {
  const large = new Geometry({ length: 2 ** 26, pieceLength: 2 ** 22 });
  const most = MAX_STRETCHES * LONG_STRETCH;

  /** One who requests blocks in order, `count` bytes of them, and the lengths of the reads that this takes. */
  const taker = (budget: ReadBudget) => {
    const lengths: number[] = [];
    const queue = new RequestQueue(large, 500);
    let at = 0;
    const ahead = new ReadAhead({
      geometry: large,
      read: (_, __, into, done) => {
        lengths.push(into.length);
        done(true);
      },
      ended: () => undefined,
      budget,
    });
    const take = (bytes: number, deep = true): readonly number[] => {
      lengths.length = 0;
      for (const end = at + bytes; at < end; at += BLOCK) {
        const block = { piece: Math.floor(at / 2 ** 22), begin: at % 2 ** 22, length: BLOCK };
        queue.add(block);
        ahead.fetch(queue, deep);
        expect(ahead.covering(block)).toBeDefined();
        queue.remove(block);
        ahead.check();
        budget.check();
      }
      return [...new Set(lengths)];
    };
    return { ahead, take };
  };

  it('is done in long stretches for one who takes much, as long as it does', () => {
    const budget = new ReadBudget(most);
    const { ahead, take } = taker(budget);
    expect(take(MUCH)).toEqual([STRETCH]);
    expect(take(MUCH)).toEqual([LONG_STRETCH]);
    expect(budget.taken).toBe(most);
    ahead.look();
    expect(take(2 ** 22)).toEqual([LONG_STRETCH]);
    ahead.look();
    expect(budget.taken).toBe(0);
    expect(take(2 ** 22)).toEqual([STRETCH]);
  });

  it('is not done in long stretches for one who reads slower than we write, nor beyond the budget', () => {
    const budget = new ReadBudget(most);
    const [slow, first, second] = [taker(budget), taker(budget), taker(budget)];
    expect(slow.take(3 * MUCH, false)).toEqual([STRETCH]);
    expect(first.take(2 * MUCH)).toEqual([STRETCH, LONG_STRETCH]);
    expect(second.take(2 * MUCH)).toEqual([STRETCH]);
    first.ahead.rest();
    expect(budget.taken).toBe(0);
    expect(second.take(MUCH)).toContain(LONG_STRETCH);
  });
});
