import { concat, EMPTY, merge, mergeMap, NEVER, type Observable, of, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { advertise, type Possessions } from '../operators/advertise.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { allowedFastSet } from '../src/protocol/peer/allowedFast.ts';
import { LT_DONTHAVE } from '../src/protocol/peer/dontHave.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { Bitfield } from '../src/torrent/bitfield.ts';
import { SuperSeed } from '../src/torrent/upload/superSeed.ts';
import { drawn } from './index.ts';

const ten = { torrent: { pieces: 10 } };
const stored = { '0': 0, '3': 3, '7': 7 };
const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);

/** So many pieces, of which we have these. */
const possessing = (count: number, ...pieces: readonly number[]): Possessions => {
  const field = new Bitfield(count);
  for (const piece of pieces) field.set(piece);
  return { stored: field };
};
const all = (count: number): Possessions => possessing(count, ...Array.from({ length: count }, (_, piece) => piece));

describe('advertise', () => {
  it(
    'tells what we have, and each piece as it is stored',
    drawn(({ peer, hot, gives, sends, words }) => {
      const stored$ = hot('---7---', stored);
      const they = peer('  -------', {}, { has: [] });
      const writes = '     B--H---';
      gives(open(they).pipe(advertise(possessing(10, 1, 2), stored$)), '^------!').toBe('-');
      sends(they).toBe(writes);
      sends(they).toBe('b--h', { b: words.bitfield(1, 2), h: words.have(7) });
    }, ten),
  );

  it.each<[string, Possessions, boolean, Message | undefined]>([
    ['nothing, as there is nothing to tell', possessing(10), false, undefined],
    ['have none', possessing(10), true, { type: 'haveNone' }],
    ['a bitfield', possessing(10, 0, 9), false, { type: 'bitfield', bytes: Uint8Array.of(0x80, 0x40) }],
    [
      'a bitfield even with the fast extension',
      possessing(10, 0, 9),
      true,
      { type: 'bitfield', bytes: Uint8Array.of(0x80, 0x40) },
    ],
    ['a full bitfield', all(10), false, { type: 'bitfield', bytes: Uint8Array.of(0xff, 0xc0) }],
    ['have all', all(10), true, { type: 'haveAll' }],
  ])('begins with %s', (_, possessions, fast, message) =>
    drawn(({ peer, gives, sends }) => {
      const they = peer('-', {}, { has: [], fast });
      gives(open(they).pipe(advertise(possessions, NEVER)), '^-!').toBe('-');
      sends(they).toBe(message === undefined ? '-' : 'm', { m: message });
    }, ten)(),
  );

  it(
    'sends no have to a peer that has all pieces',
    drawn(({ peer, hot, gives, sends, words }) => {
      const they = peer('  ----B---------');
      const stored$ = hot('--3-----7---0--', stored);
      const writes = '     --h------------';
      they.state.have.clear(0);
      gives(open(they).pipe(advertise(possessing(10), stored$)), '^-------------!').toBe('-');
      sends(they).toBe(writes, { h: words.have(3) });
    }, ten),
  );

  it(
    'tells each peer what we have when it comes',
    drawn(({ peer, cold, hot, gives, sends, words }) => {
      const possessions = possessing(10, 1);
      const stored$ = hot(' --3---7---', stored).pipe(tap((piece) => possessions.stored.set(piece)));
      const first = peer('  -', {}, { has: [] });
      const second = peer(' -', {}, { has: [] });
      const peers = cold('  a---b-----', { a: first, b: second });
      gives(peers.pipe(advertise(possessions, stored$)), '^--------!').toBe('-');
      sends(first).toBe(' b-h-------', { b: words.bitfield(1), h: words.have(3) });
      sends(second).toBe('----b-h---', { b: words.bitfield(1, 3), h: words.have(7) });
    }, ten),
  );

  it(
    'tells what is stored at once after what was stored before',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-', {}, { has: [] });
      gives(open(they).pipe(advertise(possessing(10, 1), concat(of(7), NEVER))), '^-!').toBe('-');
      sends(they).toBe('(BH)');
    }, ten),
  );

  it(
    'waits for a peer that never comes, and ends without one',
    drawn(({ cold, gives }) => {
      gives(cold<Peer>('-').pipe(advertise(all(2), NEVER)), '^---!').toBe('-');
      gives(cold<Peer>('-|').pipe(advertise(all(2), NEVER))).toBe('-|');
      gives(cold<Peer>('-#').pipe(advertise(all(2), NEVER))).toBe('-#');
    }),
  );

  it(
    'is over when nothing more will be stored',
    drawn(({ peer, gives, cold, sends }) => {
      const they = peer('-', {}, { has: [] });
      gives(of(they).pipe(advertise(possessing(2), cold('-0-|', stored)))).toBe('---|');
      sends(they).toBe('-H');
      gives(of(peer('-')).pipe(advertise(all(2), EMPTY))).toBe('|');
    }),
  );

  it(
    'passes an error of what is stored',
    drawn(({ peer, gives, cold }) => {
      gives(of(peer('-')).pipe(advertise(all(2), cold('--#')))).toBe('--#');
    }),
  );

  it(
    'sends nothing more after it is unsubscribed',
    drawn(({ peer, hot, gives, sends, expectSubscriptions }) => {
      const they = peer('   -------', {}, { has: [] });
      const stored$ = hot(' -0-3-7-', stored);
      const subs = '        ^---!';
      gives(open(they).pipe(advertise(possessing(10), stored$)), subs).toBe('-');
      sends(they).toBe('    -H-H');
      expectSubscriptions(stored$.subscriptions).toBe(subs);
    }, ten),
  );

  it(
    'sends a bitfield of its own: what is stored later does not change it',
    drawn(({ peer, hot, gives, sends }) => {
      const possessions = possessing(10, 1);
      const they = peer('--', {}, { has: [] });
      const stored$ = hot('-7', stored).pipe(tap((piece) => possessions.stored.set(piece)));
      gives(open(they).pipe(advertise(possessions, stored$)), '^--!').toBe('-');
      sends(they).toBe('bh', { b: { type: 'bitfield', bytes: Uint8Array.of(0x40, 0) }, h: { type: 'have', piece: 7 } });
    }, ten),
  );

  it(
    'takes back lost pieces from peers that support that',
    drawn(({ peer, hot, gives, sends }) => {
      const lost$ = hot('--3--', stored);
      const speaking = peer('-', {}, { has: [], extended: true });
      const other = peer('-', {}, { has: [], extended: true });
      const ours = (dontHave: boolean): Message => ({
        type: 'extended',
        id: 0,
        payload: encodeExtensionHandshake({ ids: new Map(dontHave ? [[LT_DONTHAVE, 1]] : []) }),
      });
      speaking.state.sent(ours(true));
      speaking.state.received({
        ...ours(true),
        payload: encodeExtensionHandshake({ ids: new Map([[LT_DONTHAVE, 7]]) }),
      } as Message);
      other.state.sent(ours(true));
      gives(
        merge(of(speaking), of(other), NEVER).pipe(
          mergeMap((one) => open(one).pipe(advertise(possessing(10, 3), NEVER, { lost$ }))),
        ),
        '^-----!',
      ).toBe('-');
      sends(speaking).toBe('B-e', {
        B: { type: 'bitfield', bytes: Uint8Array.of(0x10, 0) },
        e: { type: 'extended', id: 7, payload: Uint8Array.of(0, 0, 0, 3) },
      });
      sends(other).toBe('B');
    }, ten),
  );

  it(
    'says when we want nothing more, and when we do again, and repeats all that it said: some forget what is left out',
    drawn(({ peer, hot, gives, sends, words }) => {
      const possessions = possessing(2, 0);
      const stored$ = hot('--1--', { 1: 1 }).pipe(tap((piece) => possessions.stored.set(piece)));
      const lost$ = hot('-------0', { 0: 0 }).pipe(tap((piece) => possessions.stored.clear(piece)));
      const they = peer('-', {}, { has: [], extended: true });
      const said = { ids: new Map([['ut_metadata', 2]]), version: 'us 1', port: 6881, reqq: 500, metadataSize: 31_235 };
      they.state.sent({ type: 'extended', id: 0, payload: encodeExtensionHandshake(said) });
      gives(open(they).pipe(advertise(possessions, stored$, { lost$ })), '^---------!').toBe('-');
      const wish = (uploadOnly: boolean): Message => ({
        type: 'extended',
        id: 0,
        payload: encodeExtensionHandshake({ ...said, uploadOnly }),
      });
      sends(they).toBe('B-(hu)-w', { B: words.bitfield(0), h: words.have(1), u: wish(true), w: wish(false) });
    }),
  );

  it(
    'allows a choked peer with few pieces some pieces nevertheless, once',
    drawn(
      ({ peer, gives, sends, words }) => {
        const they = peer('-I-N-I', {}, { has: [0], fast: true });
        const options = { infoHash: new Uint8Array(20).fill(1) };
        gives(open(they).pipe(advertise(possessing(4, 0, 1, 3), NEVER, options)), '^------!').toBe('-');
        const allowed = allowedFastSet(they.address.host, options.infoHash, 4).filter(
          (piece) => piece === 1 || piece === 3,
        );
        const [one, other] = allowed.map(words.allowedFast);
        sends(they).toBe('B(xy)', { B: words.bitfield(0, 1, 3), x: one, y: other });
      },
      { torrent: { pieces: 4 } },
    ),
  );

  it(
    'allows no pieces while that is not permitted',
    drawn(
      ({ peer, gives, sends, words }) => {
        const they = peer('-I', {}, { has: [0], fast: true });
        const options = { infoHash: new Uint8Array(20).fill(1), allowsFast: () => false };
        gives(open(they).pipe(advertise(possessing(4, 0, 1, 3), NEVER, options)), '^------!').toBe('-');
        sends(they).toBe('B', { B: words.bitfield(0, 1, 3) });
      },
      { torrent: { pieces: 4 } },
    ),
  );

  it(
    'as a super-seed shows each peer one piece, and the next when it has passed that on',
    drawn(({ peer, gives, sends, words }) => {
      const superSeed = new SuperSeed<Peer>(2, () => 0);
      const one = peer('  ---H------', { H: words.have(0) }, { has: [], fast: true });
      const other = peer('------h----', { h: words.have(0) }, { has: [], fast: true });
      const advertising = advertise(all(2), NEVER, { superSeed });
      gives(
        merge(of(one), of(other), NEVER).pipe(mergeMap((they) => open(they).pipe(advertising))),
        '^---------!',
      ).toBe('-');
      sends(one).toBe('  (Ba)--b', { B: { type: 'haveNone' }, a: words.have(0), b: words.have(1) });
      sends(other).toBe('(Bb)', { B: { type: 'haveNone' }, b: words.have(1) });
    }),
  );
});
