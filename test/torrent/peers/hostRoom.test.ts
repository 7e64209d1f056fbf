import { describe, expect, it } from 'vitest';
import { AddressBook, type Candidate } from '../../../src/torrent/peers/addressBook.ts';

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
const MINUTE = 60_000;

describe('the room that a host has in the address book', () => {
  it('dials three at one public host, and as many as there are at a local one', () => {
    for (const [host, count] of [
      ['8.8.8.8', 3],
      ['2001:db8::1', 3],
      ['127.0.0.1', 8],
      ['10.77.0.1', 8],
      ['172.31.0.1', 8],
      ['172.32.0.1', 3],
      ['192.168.1.1', 8],
      ['::1', 8],
      ['fd00::1', 8],
      ['fe80::1', 8],
    ] as const) {
      const book = bookOf(...Array.from({ length: 8 }, (_, n) => at(host, n + 1)));
      let dialled = 0;
      while (book.take(0) !== undefined) dialled++;
      expect([host, dialled]).toEqual([host, count]);
    }
  });

  it('goes on to other hosts, and dials again when one has hung up', () => {
    const book = bookOf(...[1, 2, 3, 4].map((port) => at('8.8.8.8', port)), at('9.9.9.9'));
    expect([0, 1, 2, 3].map(() => book.take(0)?.host)).toEqual(['8.8.8.8', '8.8.8.8', '8.8.8.8', '9.9.9.9']);
    expect(book.take(0)).toBeUndefined();
    book.ended(at('8.8.8.8', 2), 'drop', false, 0);
    expect(book.take(0)).toEqual(at('8.8.8.8', 4));
  });

  it('knows 32 addresses of a public host, and as many as there are of a local one', () => {
    const book = bookOf();
    const last = (host: string, source?: string) =>
      Array.from({ length: 33 }, (_, n) => book.add(at(host, n + 1, source))).slice(31);
    expect([last('8.8.8.8'), last('10.0.0.1'), last('9.9.9.9', 'manual')]).toEqual([
      ['added', 'per-host'],
      ['added', 'added'],
      ['added', 'added'],
    ]);
    book.check();
    const other = bookOf(...Array.from({ length: 32 }, (_, n) => at('8.8.8.8', n + 1)));
    other.take(0);
    other.ended(at('8.8.8.8', 1), 'drop', false, 0);
    expect(other.add(at('8.8.8.8', 33))).toBe('added');
    other.check();
  });

  it('dials all that people named, however many are at one host, and they take nobody’s place', () => {
    const book = bookOf(
      ...[1, 2, 3, 4, 5].map((port) => at('8.8.8.8', port, 'manual')),
      ...[6, 7, 8, 9].map((port) => at('8.8.8.8', port)),
    );
    expect(Array.from({ length: 9 }, () => book.take(0)?.port)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, undefined]);
    for (const port of [1, 6]) book.ended(at('8.8.8.8', port, port === 1 ? 'manual' : undefined), 'drop', false, 0);
    expect([book.take(0)?.port, book.take(0)?.port]).toEqual([9, undefined]);
    book.check();
  });

  it('dials more at a host when those that are connected have nothing we lack, and looks again every second', () => {
    let useless: ((address: Candidate) => boolean) | undefined = () => false;
    const book = new AddressBook<Candidate>(9, { useless: () => useless });
    for (const port of [1, 2, 3, 4, 5, 6]) book.add(at('8.8.8.8', port));
    expect([1, 2, 3, 4].map(() => book.take(0)?.port)).toEqual([1, 2, 3, undefined]);
    expect([book.exhausted, book.nextIn(0)]).toEqual([true, 1000]);
    useless = ({ port }) => port !== 2 && port < 5;
    expect([book.exhausted, 4, 5, 6].map(() => book.take(0)?.port)).toEqual([4, 5, 6, undefined]);
    book.check();
    // When we lack nothing, the limit is what it is, and nobody is woken for it.
    book.ended(at('8.8.8.8', 6), 'retry', false, 0);
    useless = undefined;
    expect([book.take(MINUTE), book.nextIn(MINUTE)]).toEqual([undefined, undefined]);
  });
});
