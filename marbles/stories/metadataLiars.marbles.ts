import { of } from 'rxjs';
import { describe, it } from 'vitest';
import { drawn } from '../index.ts';
import { info, short, extended, claims, data, they, we, failed, talking, wanted, tiny } from './metadataScene.ts';

describe('liars', () => {
  it(
    'one of two sends other bytes: each is asked for all of it, and the liar is hung up on',
    drawn(({ peer, gives, sends }) => {
      const draft = wanted(short);
      const liar = peer('     E--x------y', tiny);
      const honest = peer('   ----E---1-----0', tiny);
      const asksOfHonest = ' i---1---0------';
      gives(of(liar).pipe(talking(draft))).toBe('----------#', undefined, failed('corrupt'));
      gives(of(honest).pipe(talking(draft))).toBe('--------------(m|)', { m: short });
      sends(honest).toBe(asksOfHonest, we);
    }),
  );

  it(
    'one alone sends other bytes: what it gave is thrown away, and the next is asked',
    drawn(({ peer, gives, sends }) => {
      const draft = wanted(short);
      const liar = peer('      -E---x-1', tiny);
      const asksOfLiar = '     h(01)----';
      const honest = peer('    -----------E---0-1', tiny);
      const asksOfHonest = '   i----------(01)---';
      gives(of(liar).pipe(talking(draft))).toBe('-------#', undefined, failed('corrupt'));
      gives(of(honest).pipe(talking(draft))).toBe('-----------------(m|)', { m: short });
      sends(liar).toBe(asksOfLiar, we);
      sends(honest).toBe(asksOfHonest, we);
    }),
  );

  it(
    'claim another size than they send, or send a piece of another length',
    drawn(({ peer, gives }) => {
      gives(of(peer('-E---z', { ...tiny, z: data(info, 0) })).pipe(talking(wanted(short)))).toBe(
        '-----#',
        undefined,
        failed('corrupt'),
      );
      gives(of(peer('-E---z', { ...tiny, z: data(short, 0, short.slice(0, 9)) })).pipe(talking(wanted(short)))).toBe(
        '-----#',
        undefined,
        failed('corrupt'),
      );
    }),
  );

  it(
    'claim a false size: they are asked in vain, and found out when the dictionary is there',
    drawn(({ peer, gives }) => {
      const draft = wanted(short);
      gives(of(peer('-F', tiny, { extended: true })).pipe(talking(draft))).toBe('-----#', undefined, failed('corrupt'));
      gives(of(peer('-E-0-1', tiny)).pipe(talking(draft))).toBe('-----(m|)', { m: short });
    }),
  );

  it(
    'claim more than can be',
    drawn(({ peer, gives, sends }) => {
      const liar = peer('-E', { E: claims(2 ** 31 - 1) });
      gives(of(liar).pipe(talking(wanted()))).toBe('-#', undefined, failed('oversized'));
      sends(liar).toBe('h', we);
    }),
  );

  it(
    'send malformed messages, or pieces that were not requested',
    drawn(({ peer, gives, words }) => {
      const garbage = extended(1, new TextEncoder().encode('d8:msg_type'));
      gives(of(peer('E-g', { E: claims(short.length), g: garbage })).pipe(talking(wanted(short)))).toBe(
        '--#',
        undefined,
        failed('malformed'),
      );
      gives(of(peer('E-5555555555', they)).pipe(talking(wanted(short)))).toBe(
        '-----------#',
        undefined,
        failed('unexpected'),
      );
      gives(of(peer('--1111111111', { 1: words.block(1) })).pipe(talking(wanted(short)))).toBe(
        '-----------#',
        undefined,
        failed('unexpected'),
      );
      const other = extended(1, new TextEncoder().encode('d8:msg_typei7ee'));
      gives(of(peer('Eo0-1', { ...tiny, o: other })).pipe(talking(wanted(short)))).toBe('----(m|)', { m: short });
    }),
  );
});
