import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressBook, type Candidate, type Ending } from '../../../src/torrent/peers/addressBook.ts';
import { peerPriority } from '../../../src/torrent/peers/peerPriority.ts';

const at = (host: string, port = 6881, source?: string): Candidate => ({
  host,
  port,
  ...(source !== undefined && { source }),
});
const publicHost = (n: number): Candidate => at(`8.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
const bookOf = (...addresses: Candidate[]): AddressBook<Candidate> => {
  const book = new AddressBook<Candidate>();
  for (const address of addresses) book.add(address);
  return book;
};
const MINUTE = 60_000;

describe('the address book', () => {
  it('gives each address once, in the order in which it came to know them', () => {
    const book = bookOf(at('8.8.8.8', 1), at('8.8.8.8', 2), at('8.8.8.8', 1));
    expect([book.known, book.waiting]).toEqual([2, 2]);
    expect([book.take(0), book.take(0), book.take(0)]).toEqual([at('8.8.8.8', 1), at('8.8.8.8', 2), undefined]);
    expect([book.known, book.waiting, book.active]).toEqual([2, 0, 2]);
    expect(book.add(at('8.8.8.8', 1))).toBe('known');
  });

  it('knows 3000 addresses', () => {
    const book = bookOf(...Array.from({ length: 3001 }, (_, n) => publicHost(n)));
    expect(book.known).toBe(3000);
    expect(book.add(publicHost(3001))).toBe('full');
    book.check();
  });

  it('forgets for a new one the one that failed most often, but nobody who is connected', () => {
    const book = new AddressBook<Candidate>(3);
    for (const n of [0, 1, 2]) book.add(publicHost(n));
    for (const n of [0, 1]) {
      book.take(0);
      book.ended(publicHost(n), 'retry', false, 0);
    }
    expect(book.take(MINUTE)).toEqual(publicHost(2));
    expect(book.take(MINUTE)).toEqual(publicHost(0));
    book.ended(publicHost(0), 'retry', false, MINUTE);
    expect(book.add(publicHost(3))).toBe('added');
    book.check();
    // 0 has gone, 1 goes next, and then there is nobody to go: 2 is connected, and 3 and 4 have done nothing yet.
    expect(book.add(publicHost(4))).toBe('added');
    expect(book.add(publicHost(5))).toBe('full');
    expect([book.take(MINUTE), book.take(MINUTE), book.take(MINUTE)]).toEqual([
      publicHost(3),
      publicHost(4),
      undefined,
    ]);
    book.check();
  });

  it('does not hold it against a peer that this machine had no room for a connection', () => {
    const book = bookOf(publicHost(0));
    for (let time = 0; time < 60_000; time += 2_000) {
      expect(book.take(time)).toEqual(publicHost(0));
      book.ended(publicHost(0), 'retry', false, time, 'no-room');
      expect(book.nextIn(time)).toBe(2_000);
    }
    // The first failure of its own still is the first one.
    book.take(MINUTE);
    book.ended(publicHost(0), 'retry', false, MINUTE, 'refused');
    expect(book.nextIn(MINUTE)).toBe(MINUTE);
    book.check();
  });

  it('dials nobody for two seconds when this machine had no room, and all the others after them', () => {
    const book = bookOf(...Array.from({ length: 3 }, (_, n) => publicHost(n)));
    book.take(0);
    book.ended(publicHost(0), 'retry', false, 0, 'no-room');
    expect([book.take(0), book.take(1_999), book.nextIn(0)]).toEqual([undefined, undefined, 1]);
    expect([1, 2, 3].map(() => book.take(2_000)?.port)).toHaveLength(3);
    expect(book.waiting).toBe(0);
  });

  it('dials thirty at once, and then thirty a second', () => {
    const book = bookOf(...Array.from({ length: 100 }, (_, n) => publicHost(n)));
    const dial = (now: number): number => {
      let dialled = 0;
      while (book.take(now) !== undefined) dialled++;
      return dialled;
    };
    expect([dial(0), dial(0)]).toEqual([30, 0]);
    expect(book.nextIn(0)).toBe(34);
    expect([dial(100), dial(1100), dial(60_000)]).toEqual([3, 30, 30]);
  });

  it('lets one that was useful rest for 5 s', () => {
    const book = bookOf(at('8.8.8.8'));
    book.take(0);
    book.ended(at('8.8.8.8'), 'closed', true, 1000);
    expect([book.take(5999), book.nextIn(5999)]).toEqual([undefined, 1]);
    expect(book.take(6000)).toEqual(at('8.8.8.8'));
  });

  it('lets one that people name rest for 10 s at first, then as long as others', () => {
    const book = bookOf(at('8.8.8.8', 1, 'manual'));
    let now = 0;
    for (const rest of [10_000, 2 * MINUTE, 4 * MINUTE]) {
      expect(book.take(now)).toEqual(at('8.8.8.8', 1, 'manual'));
      book.ended(at('8.8.8.8', 1), 'closed', false, now);
      expect(book.nextIn(now)).toBe(rest);
      now += rest;
    }
  });

  it('lets one that fails rest for one, two and four minutes, and then gives it up', () => {
    const book = bookOf(at('8.8.8.8'));
    let now = 0;
    for (const rest of [1, 2, 4]) {
      expect(book.take(now)).toEqual(at('8.8.8.8'));
      book.ended(at('8.8.8.8'), 'retry', false, now);
      expect([book.take(now + rest * MINUTE - 1), book.nextIn(now)]).toEqual([undefined, rest * MINUTE]);
      now += rest * MINUTE;
    }
    book.take(now);
    book.ended(at('8.8.8.8'), 'retry', false, now);
    expect([book.known, book.nextIn(now)]).toEqual([0, undefined]);
    expect(book.add(at('8.8.8.8'))).toBe('added');
  });

  it('forgives all failures when one was useful', () => {
    const book = bookOf(at('8.8.8.8'));
    let now = 0;
    for (const useful of [false, false, true, false]) {
      expect(book.take(now)).toBeDefined();
      book.ended(at('8.8.8.8'), 'retry', useful, now);
      now += 10 * MINUTE;
    }
    expect(book.take(now - 9 * MINUTE)).toEqual(at('8.8.8.8'));
  });

  it('drops for good who is of no use', () => {
    const book = bookOf(at('8.8.8.8'));
    book.take(0);
    book.ended(at('8.8.8.8'), 'drop', true, 0);
    expect([book.known, book.active]).toEqual([0, 0]);
  });

  it('bans a public host with all its ports, and of a local one the port', () => {
    const book = bookOf(at('8.8.8.8', 1), at('8.8.8.8', 2), at('8.8.8.8', 3), at('127.0.0.1', 1), at('127.0.0.1', 2));
    for (let n = 0; n < 2; n++) book.take(0);
    book.ended(at('8.8.8.8', 1), 'ban', false, 0);
    book.ban(at('127.0.0.1', 1));
    expect([book.known, book.active, book.banned]).toEqual([2, 1, 2]);
    // The session that is still going on is the last.
    book.ended(at('8.8.8.8', 2), 'closed', true, 0);
    expect(book.known).toBe(1);
    expect(
      [at('8.8.8.8', 9), at('127.0.0.1', 1), at('127.0.0.1', 3)].map((address) => [
        book.isBanned(address),
        book.add(address),
      ]),
    ).toEqual([
      [true, 'banned'],
      [true, 'banned'],
      [false, 'added'],
    ]);
    book.check();
  });

  it('remembers 10,000 bans and forgets the oldest', () => {
    const book = new AddressBook<Candidate>();
    for (let n = 0; n <= 10_000; n++) book.ban(publicHost(n));
    expect([book.banned, book.isBanned(publicHost(0)), book.isBanned(publicHost(1))]).toEqual([10_000, false, true]);
  });

  it('hears only once of an end, and of nobody it did not dial', () => {
    const book = bookOf(at('8.8.8.8'));
    book.ended(at('8.8.8.8'), 'drop', false, 0);
    book.ended(at('9.9.9.9'), 'ban', false, 0);
    expect([book.known, book.active, book.banned]).toEqual([1, 0, 0]);
  });

  it.each(['timeout', 'silent'])('lets one rest twice as long after %s', (cause) => {
    const book = bookOf(at('8.8.8.8'));
    let now = 0;
    for (const rest of [2, 4, 8]) {
      book.take(now);
      book.ended(at('8.8.8.8'), 'retry', false, now, cause);
      expect(book.nextIn(now)).toBe(rest * MINUTE);
      now += rest * MINUTE;
    }
  });

  it('never dials itself twice, nor anything it was told of itself', () => {
    const book = bookOf(at('8.8.8.8'));
    book.take(0);
    book.ended(at('8.8.8.8'), 'drop', false, 0, 'self');
    expect([book.add(at('8.8.8.8')), book.add(at('8.8.8.8', 1)), book.known]).toEqual(['self', 'added', 1]);
    book.check();
  });

  it('dials first whoever was useful, then who failed less, then whom people or callers or trackers named', () => {
    const sources = [undefined, 'dht', 'pex', 'lsd', 'tracker', 'incoming', 'manual'];
    const book = bookOf(at('10.0.0.1', 8, 'dht'), at('10.0.0.1', 9, 'manual'));
    for (const useful of [true, false]) {
      const [port, source] = useful ? [9, 'manual'] : [8, 'dht'];
      expect(book.take(0)).toEqual(at('10.0.0.1', port, source));
    }
    book.ended(at('10.0.0.1', 8), 'closed', true, 0);
    book.ended(at('10.0.0.1', 9), 'retry', false, 0);
    sources.forEach((source, n) => book.add(at('10.0.0.1', n + 1, source)));
    const taken = Array.from({ length: 9 }, () => book.take(MINUTE)?.port);
    // Of two that are as good, the one that was named first.
    expect(taken).toEqual([8, 7, 6, 4, 5, 2, 3, 1, 9]);
  });

  it('dials by canonical priority once it is known where we are, and only then', () => {
    const hosts = Array.from({ length: 12 }, (_, n) => at(`8.${n}.8.8`, 6881, 'tracker'));
    const us = { host: '9.9.9.9', port: 7000 };
    const book = new AddressBook<Candidate>(100, { port: us.port });
    for (const host of hosts) book.add(host);
    expect(book.take(0)).toEqual(hosts[0]);
    for (const nowhere of ['10.0.0.1', '127.0.0.1', 'peer.example', '2001:db8::1']) book.seenAs(nowhere);
    expect(book.take(0)).toEqual(hosts[1]);
    book.seenAs(us.host);
    book.seenAs('7.7.7.7');
    const rest = Array.from({ length: 10 }, () => book.take(0));
    const priority = (host: Candidate | undefined): number => (host && peerPriority(us, host)) ?? -1;
    expect(rest.map(priority)).toEqual(
      hosts
        .slice(2)
        .map(priority)
        .sort((a, b) => b - a),
    );
  });

  it('tells whom it forgets before their turn', () => {
    const forgotten: unknown[] = [];
    const book = new AddressBook<Candidate>(2, { forgotten: ({ port }, why) => forgotten.push([port, why]) });
    for (const port of [1, 2]) book.add(at('8.8.8.8', port));
    book.take(0);
    book.ended(at('8.8.8.8', 1), 'retry', false, 0);
    book.add(at('8.8.8.8', 3));
    book.take(0);
    book.ban(at('8.8.8.8', 9));
    expect(forgotten).toEqual([
      [1, 'full'],
      [3, 'banned'],
    ]);
  });

  it('has three connections to a public host, without those to addresses that the user has given', () => {
    const book = bookOf(at('8.8.8.8', 1, 'manual'), ...[2, 3, 4, 5].map((port) => at('8.8.8.8', port, 'dht')));
    const taken = Array.from({ length: 5 }, () => book.take(0)?.port);
    expect(taken).toEqual([1, 2, 3, 4, undefined]);
    expect(book.admit(at('8.8.8.8', 6, 'incoming'))).toBe('per-host');
    book.add(at('8.8.8.8', 7, 'manual'));
    expect(book.take(0)?.port).toBe(7);
    book.check();
  });

  it('keeps its books whatever happens', () => {
    const event = fc.record({
      type: fc.constantFrom('add', 'add', 'take', 'take', 'admit', 'listens', 'ended', 'ban', 'seen'),
      n: fc.nat(24),
      local: fc.boolean(),
      ending: fc.constantFrom<Ending>('closed', 'retry', 'drop', 'ban', 'fatal'),
      useful: fc.boolean(),
      later: fc.nat(100_000),
      cause: fc.constantFrom('refused', 'timeout', 'self', 'closed'),
      source: fc.constantFrom(undefined, 'tracker', 'dht', 'manual'),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const book = new AddressBook<Candidate>(15);
        const active: Candidate[] = [];
        let now = 0;
        for (const { type, n, local, ending, useful, later, cause, source } of events) {
          const address = at(local ? '127.0.0.1' : `8.8.8.${n % 2}`, n, source);
          now += later;
          const taken = type === 'take' ? book.take(now) : undefined;
          if (taken !== undefined) active.push(taken);
          if (type === 'add') book.add(address);
          const caller = { ...address, source: 'incoming' };
          if (type === 'admit' && book.admit(caller) === 'added') active.push(caller);
          if (type === 'listens' && active[0] !== undefined) book.listensAt(active[0], at(active[0].host, n));
          if (type === 'ban') book.ban(address);
          const ended = type === 'ended' ? active.shift() : undefined;
          if (ended !== undefined) book.ended(ended, ending, useful, now, cause);
          if (type === 'seen') book.seenAs(`9.9.9.${n}`);
          book.check();
          expect(book.active).toBe(active.length);
          expect(book.alone).toBe(book.active === 0 && book.waiting === 0 && book.nextIn(now) === undefined);
          for (const host of ['8.8.8.0', '8.8.8.1'])
            expect(active.filter((one) => one.host === host && one.source !== 'manual').length).toBeLessThanOrEqual(3);
        }
      }),
    );
  });
});
