import fc from 'fast-check';
import { EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Peer } from '../../../src/contracts/peer.ts';
import type { Expulsion } from '../../../operators/disconnect.ts';
import { superfluous, duplicatesOf } from '../../../src/torrent/peers/duplicateConnections.ts';
import { closeDuplicates } from '../../../src/download/swarm/closeDuplicates.ts';

const [low, high] = [Uint8Array.of(1, 0), Uint8Array.of(1, 1)];
const peer = (id: Uint8Array, called: boolean) => ({ id, address: called ? { wire$: 'open' } : {} });

describe('twins', () => {
  it('are known by their ids', () => {
    const [one, other, third] = [peer(low, false), peer(low.slice(), true), peer(high, true)];
    expect(duplicatesOf(one, [one, third])).toEqual([]);
    expect(duplicatesOf(one, [third, other])).toEqual([other]);
    // Among the members, it has those that came before it.
    expect([duplicatesOf(one, [one, third, other]), duplicatesOf(other, [one, third, other])]).toEqual([[], [one]]);
  });

  it('the newer one goes if both were made by the same side', () => {
    for (const called of [true, false]) {
      const [older, newer] = [peer(low, called), peer(low, called)];
      expect(superfluous(high, older, newer)).toBe(newer);
    }
  });

  it('else the one that the side with the greater id has not made', () => {
    const [called, dialled] = [peer(low, true), peer(low, false)];
    expect([superfluous(high, called, dialled), superfluous(high, dialled, called)]).toEqual([called, called]);
    const [theirs, ours] = [peer(high, true), peer(high, false)];
    expect([superfluous(low, theirs, ours), superfluous(low, ours, theirs)]).toEqual([ours, ours]);
  });

  it('both sides close the same one, whichever they see first', () => {
    const id = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(id, id, fc.boolean(), fc.boolean(), (a, b, first, second) => {
        fc.pre(Buffer.compare(a, b) !== 0);
        // Two connections: A has made one and B the other.
        const atA = { byA: peer(b, false), byB: peer(b, true) };
        const atB = { byA: peer(a, true), byB: peer(a, false) };
        const closedByA = first ? superfluous(a, atA.byA, atA.byB) : superfluous(a, atA.byB, atA.byA);
        const closedByB = second ? superfluous(b, atB.byA, atB.byB) : superfluous(b, atB.byB, atB.byA);
        expect(closedByA === atA.byA).toBe(closedByB === atB.byA);
      }),
    );
  });
});

describe('a third connection with one peer', () => {
  it('is refused, whichever side made it, as long as there are two', () => {
    const id = new Uint8Array(20).fill(9);
    const peerOf = (port: number, more = {}): Peer =>
      ({ id, address: { host: '10.1.0.1', port, source: 'pex', ...more } }) as unknown as Peer;
    const [dialled, called, third] = [peerOf(1), peerOf(2, { wire$: EMPTY }), peerOf(3, { wire$: EMPTY })];
    const expelled: Expulsion[] = [];
    const among = (...members: readonly Peer[]) =>
      closeDuplicates({
        peerId: new Uint8Array(20),
        members: () => members,
        age: () => 100,
        expelled: { next: (one) => expelled.push(one) },
      });
    expect(() => among(dialled, called, third).joined(third)).toThrow('10.1.0.1:3: is connected as 10.1.0.1:1 already');
    expect(expelled).toEqual([]);
    // Of two the one goes that the side with the smaller id has made.
    among(dialled, third).joined(third);
    expect(expelled.map(({ peer }) => peer)).toEqual([dialled]);
  });
});
