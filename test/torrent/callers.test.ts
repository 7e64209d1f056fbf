import { describe, expect, it } from 'vitest';
import { AddressBook, type Candidate } from '../../src/torrent/peers/addressBook.ts';

const at = (host: string, port = 6881, source?: string): Candidate => ({
  host,
  port,
  ...(source !== undefined && { source }),
});
const bookOf = (...addresses: Candidate[]): AddressBook<Candidate> => {
  const book = new AddressBook<Candidate>();
  for (const address of addresses) book.add(address);
  return book;
};

describe('the address book and those who call', () => {
  it('has those who call at once, and forgets them when they are gone', () => {
    const book = bookOf(at('8.8.8.8', 1));
    const caller = at('8.8.4.4', 50_000, 'incoming');
    expect(book.admit(caller)).toBe('added');
    expect([book.known, book.active, book.waiting]).toEqual([2, 1, 1]);
    expect(book.admit(caller)).toBe('known');
    book.check();
    book.ended(caller, 'closed', true, 0);
    expect([book.known, book.active]).toEqual([1, 0]);
    book.check();
  });

  it('knows a caller where it listens: it is not dialled while it is here, and may be afterwards', () => {
    for (const host of ['8.8.4.4', '127.0.0.1']) {
      const [caller, listening] = [at(host, 50_000, 'incoming'), at(host, 6881)];
      const book = bookOf(listening);
      book.admit(caller);
      book.listensAt(caller, listening);
      book.check();
      expect([book.known, book.add(listening), book.take(0)]).toEqual([1, 'known', undefined]);
      // It may say so again, and somewhere else does not count.
      book.listensAt(caller, at(host, 6882));
      book.ended(caller, 'closed', true, 0);
      book.check();
      expect([book.take(0), book.take(5000)]).toEqual([undefined, listening]);
    }
  });

  it('does not take one that is dialled now for one that has called', () => {
    const [caller, listening] = [at('8.8.4.4', 50_000), at('8.8.4.4', 6881)];
    const book = bookOf(listening);
    book.take(0);
    book.admit(caller);
    book.listensAt(caller, listening);
    book.check();
    expect(book.active).toBe(2);
    book.ended(caller, 'retry', false, 0, 'duplicate');
    book.check();
    expect([book.known, book.active]).toEqual([1, 1]);
  });

  it('counts both directions at one host, and bans both', () => {
    const book = bookOf(at('8.8.8.8', 1));
    book.take(0);
    expect([2, 3, 4].map((port) => book.admit(at('8.8.8.8', port)))).toEqual(['added', 'added', 'per-host']);
    book.ended(at('8.8.8.8', 2), 'ban', true, 0);
    book.check();
    expect([book.admit(at('8.8.8.8', 5)), book.add(at('8.8.8.8', 6))]).toEqual(['banned', 'banned']);
  });

  it('bans a neighbour that has called where it listens', () => {
    const book = new AddressBook<Candidate>();
    const caller = at('192.168.0.7', 50_000);
    book.admit(caller);
    book.listensAt(caller, at('192.168.0.7', 6881));
    book.ban(caller);
    expect(book.add(at('192.168.0.7', 6881))).toBe('known');
    book.ended(caller, 'ban', false, 0);
    book.check();
    expect([book.known, book.add(at('192.168.0.7', 6881))]).toEqual([0, 'banned']);
  });

  it('makes room for callers: at their host, and in a full book', () => {
    const book = bookOf(...Array.from({ length: 32 }, (_, port) => at('8.8.8.8', port + 1)));
    expect(book.admit(at('8.8.8.8', 50_000))).toBe('added');
    expect(book.known).toBe(32);
    book.check();
    const useless = new AddressBook<Candidate>(99, { useless: () => () => true });
    const calls = Array.from({ length: 33 }, (_, port) => useless.admit(at('8.8.8.8', port + 1)));
    expect(calls.slice(31)).toEqual(['added', 'per-host']);
    useless.check();
    const full = new AddressBook<Candidate>(1);
    full.add(at('8.8.8.8'));
    expect(full.admit(at('8.8.4.4'))).toBe('full');
  });
});

describe('the address book', () => {
  it('is alone when nobody is connected, waits or rests', () => {
    const book = new AddressBook<Candidate>();
    const known = at('8.8.8.8', 1);
    const caller = at('8.8.4.4', 50_000);
    const seen = [book.alone];
    book.add(known);
    seen.push(book.alone);
    book.take(0);
    seen.push(book.alone);
    book.ended(known, 'closed', true, 0);
    seen.push(book.alone);
    book.take(5000);
    book.ended(known, 'ban', false, 5000);
    seen.push(book.alone);
    book.admit(caller);
    seen.push(book.alone);
    book.ended(caller, 'closed', true, 6000);
    seen.push(book.alone);
    expect(seen).toEqual([true, false, false, false, true, false, true]);
  });
});
