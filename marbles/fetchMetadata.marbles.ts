import { merge, NEVER, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Peer } from '../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { encodeMetadata } from '../src/protocol/peer/utMetadata.ts';
import { drawn } from './index.ts';
import {
  info,
  short,
  extended,
  claims,
  part,
  they,
  we,
  failed,
  talking,
  wanted,
  tiny,
} from './stories/metadataScene.ts';

const unsized = extended(0, encodeExtensionHandshake({ ids: new Map([['ut_metadata', 3]]) }));

const tiniest = info.slice(0, 99);

/** BEP 9 wants `total_size`; some leave it out. */
const encodeWithoutSize = (piece: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`d8:msg_typei1e5:piecei${piece}ee`), bytes]);

const reject = (piece: number): Message => extended(1, encodeMetadata({ type: 'reject', piece }));

const given = { m: info };

describe('peers that have it', () => {
  it(
    'share the work, and each gives it as soon as it is whole',
    drawn(({ peer, gives, sends }) => {
      const draft = wanted();
      const a = peer('   -E------0-1-2-3', they);
      const asksOfA = 'h(0123)----------';
      const b = peer('   -E------4-5----', they);
      const asksOfB = 'i(45)-----2-3----';
      const gift = '     --------------(m|)';
      gives(of(a).pipe(talking(draft))).toBe(gift, given);
      gives(of(b).pipe(talking(draft))).toBe(gift, given);
      sends(a).toBe(asksOfA, we);
      sends(b).toBe(asksOfB, we);
    }),
  );

  it(
    'emit it at once when they join later, and are asked for nothing',
    drawn(({ peer, gives, sends }) => {
      const draft = wanted(short);
      gives(of(peer('E0-1', tiny)).pipe(talking(draft))).toBe('---(m|)', { m: short });
      const late = peer('E', tiny);
      gives(of(late).pipe(talking(draft)), '    -----^').toBe('-----(m|)', { m: short });
      sends(late).toBe('-----i', we);
    }),
  );

  it(
    'emit it, too, when they have none themselves, or are silent',
    drawn(({ peer, gives }) => {
      const draft = wanted(short);
      gives(of(peer('-', {}, { extended: true })).pipe(talking(draft))).toBe('---(m|)', { m: short });
      gives(of(peer('-')).pipe(talking(draft))).toBe('                        ---(m|)', { m: short });
      gives(of(peer('E0-1', tiny)).pipe(talking(draft))).toBe('                ---(m|)', { m: short });
    }),
  );

  it(
    'may say so in a later handshake, and may correct themselves',
    drawn(({ peer, gives, sends }) => {
      const one = peer(' -e--E--0-1', {
        ...tiny,
        e: extended(0, encodeExtensionHandshake({ ids: new Map([['ut_metadata', 3]]) })),
      });
      const asks1 = '    h0--1-----';
      const two = peer(' -F-----E--0-1', tiny);
      const asks2 = '    i(01)--(01)--';
      gives(of(one).pipe(talking(wanted(short)))).toBe('---------(m|)', { m: short });
      gives(of(two).pipe(talking(wanted(short)))).toBe('------------(m|)', { m: short });
      sends(one).toBe(asks1, we);
      sends(two).toBe(asks2, we);
    }),
  );

  it(
    'need not tell its size: they are asked for the first piece, which tells it, and then for all',
    drawn(({ peer, gives, sends }) => {
      const a = peer('   -e-0--1-', { ...tiny, e: unsized }, { extended: true });
      const asksOfA = '  h0-1----';
      const b = peer('   -e-s', { e: unsized, s: extended(1, encodeWithoutSize(0, tiniest)) }, { extended: true });
      gives(of(a).pipe(talking(wanted(short)))).toBe('------(m|)', { m: short });
      gives(of(b).pipe(talking(wanted(tiniest)))).toBe('---(m|)', { m: tiniest });
      sends(a).toBe(asksOfA, we);
    }),
  );

  it(
    'that do not tell its size may not have it yet: they are asked again after longer waits, and kept',
    drawn(({ peer, gives, sends }) => {
      const rejects = peer('e 999ms r', { e: unsized, r: reject(0) }, { extended: true });
      const silent = peer(' e', { e: unsized }, { extended: true });
      const other = peer('  10s E0-1', tiny);
      const draft = wanted(short);
      gives(of(rejects).pipe(talking(draft))).toBe('10003ms (m|)', { m: short });
      gives(of(silent).pipe(talking(draft))).toBe(' 10003ms (m|)', { m: short });
      gives(of(other).pipe(talking(draft))).toBe('  10003ms (m|)', { m: short });
      sends(rejects).toBe('(h0) 1996ms 0 6999ms 0', we);
      sends(silent).toBe(' (i0) 5996ms 0', we);
    }),
  );

  it(
    'and give a first piece of what can not be are corrupt',
    drawn(({ peer, gives }) => {
      const tooLarge = extended(1, encodeMetadata({ type: 'data', piece: 0, size: 2 ** 25, bytes: part(info, 0) }));
      const tooSmall = extended(1, encodeMetadata({ type: 'data', piece: 0, size: 5, bytes: part(info, 0) }));
      for (const l of [tooLarge, tooSmall])
        gives(of(peer('e-l', { e: unsized, l }, { extended: true })).pipe(talking(wanted()))).toBe(
          '--#',
          undefined,
          failed('corrupt'),
        );
    }),
  );

  it(
    'are not asked if they do not speak of it',
    drawn(({ peer, gives, sends }) => {
      const mute = peer(
        '-e-0',
        { ...tiny, e: extended(0, encodeExtensionHandshake({ ids: new Map(), metadataSize: short.length })) },
        { extended: true },
      );
      gives(of(mute).pipe(talking(wanted(short))), '^-----!').toBe('-');
      sends(mute).toBe('h', we);
    }),
  );
});

describe('peers that do not give it', () => {
  it(
    'one stalls: an idle peer is asked in its place, and a late piece is taken',
    drawn(({ peer, gives, sends }) => {
      const draft = wanted();
      const a = peer('   -E------0 1030ms 3', they);
      const asksOfA = 'h(0123)--------------';
      const b = peer('   -E------4-5-1 1000ms 2', they);
      const asksOfB = 'i(45)-----1-2 1000ms 3';
      gives(of(a).pipe(talking(draft))).toBe('1039ms (m|)', given);
      gives(of(b).pipe(talking(draft))).toBe('1039ms (m|)', given);
      sends(a).toBe(asksOfA, we);
      sends(b).toBe(asksOfB, we);
    }),
  );

  it(
    'are left after three silences, and asked for one thing at a time in between',
    drawn(({ peer, gives, sends }) => {
      const stalls = peer('-E', tiny);
      gives(of(stalls).pipe(talking(wanted(short)))).toBe('16s #', undefined, failed('silent'));
      sends(stalls).toBe('h(01) 5995ms 0 4999ms 0', we);
    }),
  );

  it(
    'reject: they are asked again after a second, two, four …',
    drawn(({ peer, gives, sends }) => {
      const rejects = peer('-E---J 2004ms J 2999ms J', { E: claims(5), J: reject(0) });
      const asks = '         h0 1998ms 0 2999ms 0 4999ms 0';
      gives(of(rejects).pipe(talking(wanted(short.slice(0, 5)))), '^ 11s !').toBe('-');
      sends(rejects).toBe(asks, we);
    }),
  );

  it(
    'send nothing for two minutes, or for as long as `patience` says: other peers take their places',
    drawn(({ peer, gives }) => {
      gives(of(peer('-')).pipe(talking(wanted()))).toBe('2m #', undefined, failed('timeout'));
      gives(of(peer('-')).pipe(talking(wanted(), { patience: () => 5_000 }))).toBe(
        '5s #',
        undefined,
        failed('timeout'),
      );
    }),
  );

  it(
    'hang up, or are left: the others go on',
    drawn(({ peer, gives, sends }) => {
      const draft = wanted();
      const a = peer('  -E-----|', they);
      const b = peer('  -E----------4-5', they);
      const asksOfB = 'i(45)--(01)-2-3';
      const c = peer('  E', they);
      gives(of(a).pipe(talking(draft))).toBe('-------|');
      gives(of(b).pipe(talking(draft)), '^---------------!').toBe('-');
      gives(of(c).pipe(talking(draft)), '^!').toBe('-');
      sends(b).toBe(asksOfB, we);
    }),
  );
});

describe('like every operator it', () => {
  it(
    'waits for a peer that never comes, ends without one, and passes errors on',
    drawn(({ gives, cold }) => {
      gives(NEVER.pipe(talking(wanted())), '^---!').toBe('-');
      gives(cold<Peer>('--|').pipe(talking(wanted()))).toBe('--|');
      gives(cold<Peer>('--#').pipe(talking(wanted()))).toBe('--#');
    }),
  );

  it(
    'may be unsubscribed by the first that has it, while it emits',
    drawn(({ peer, gives }) => {
      const draft = wanted(short);
      const both$ = merge(of(peer('E0-1', tiny)).pipe(talking(draft)), of(peer('E--', tiny)).pipe(talking(draft)));
      gives(both$.pipe(take(1))).toBe('---(m|)', { m: short });
    }),
  );

  it('begins with nothing anew for each subscription but what its draft has', () => {
    expect(wanted(short).gathered).toEqual({ bytes: 0, size: 0 });
  });
});
