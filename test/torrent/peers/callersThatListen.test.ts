import { expect, it } from 'vitest';
import { AddressBook, type Candidate } from '../../../src/torrent/peers/addressBook.ts';

const at = (host: string, port: number, source: string): Candidate => ({ host, port, source });

it('admits a peer that calls from where it listens, as by uTP, while its address waits or rests', () => {
  const [waiting, resting] = [at('8.8.8.8', 1, 'manual'), at('9.9.9.9', 1, 'tracker')];
  const book = new AddressBook<Candidate>();
  for (const address of [waiting, resting]) book.add(address);
  book.take(0);
  book.take(0);
  for (const address of [waiting, resting]) book.ended(address, 'retry', true, 0);
  expect(book.nextIn(0)).toBe(5_000);
  for (const { host } of [waiting, resting]) {
    const caller = at(host, 1, 'incoming');
    expect(book.admit(caller)).toBe('added');
    // It may have lost that connection, and call again; but not so often as it likes.
    const again = at(host, 1, 'incoming');
    expect([book.admit(again), book.admit(at(host, 1, 'incoming'))]).toEqual(['added', 'known']);
    book.check();
    expect(book.take(1_000)).toBe(undefined);
    for (const each of [caller, again]) book.ended(each, 'retry', true, 1_000);
    book.check();
  }
  expect(book.known).toBe(2);
  expect([book.take(20_000), book.take(20_000)].map((address) => address?.source)).toEqual(['manual', 'tracker']);
});

it('admits one that calls from where it is being dialled, once, as both may have called at the same moment', () => {
  for (const dialled of [at('8.8.8.8', 1, 'tracker'), { ...at('8.8.8.8', 1, 'pex'), punch: true }]) {
    const book = new AddressBook<Candidate>();
    if ('punch' in dialled) expect(book.admit(dialled)).toBe('added');
    else expect([book.add(dialled), book.take(0)]).toEqual(['added', dialled]);
    const caller = at('8.8.8.8', 1, 'incoming');
    expect([book.admit(caller), book.admit(at('8.8.8.8', 1, 'incoming'))]).toEqual(['added', 'known']);
    book.check();
    expect([book.active, book.known]).toEqual([2, 2]);
    book.ended(dialled, 'retry', false, 0, 'duplicate');
    book.check();
    expect(book.active).toBe(1);
    book.ended(caller, 'closed', true, 0);
    book.check();
    expect(book.active).toBe(0);
  }
});
