import {
  catchError,
  EMPTY,
  endWith,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  range,
  retry,
  scan,
  switchMap,
  take,
  takeLast,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import type { NetworkError } from '../../src/contracts/errors.ts';
import type { Wire } from '../../src/contracts/network.ts';
import { encrypted } from '../../src/net/mse/encrypted.ts';
import { HANDSHAKE_BURST_NEARBY } from '../../src/net/mse/encryptedListen.ts';
import type { Encryption } from '../../src/net/mse/encryption.ts';
import { MseInitiator } from '../../src/protocol/mse/mseInitiator.ts';
import { drawn, type NetworkedHost } from '../index.ts';
import { at, bytes, listening, TWO, two } from '../network/twoHosts.ts';
import {
  answering,
  calling,
  failed,
  INFO_HASH,
  OTHER_HASH,
  plainProgram,
  randomBytes,
  sayingA,
} from './encryptionScene.ts';

/** The ways from a host, encrypted or not. */
const from = (host: NetworkedHost, encryption: Encryption, said: string[] = []) =>
  encrypted(host.env, { encryption, randomBytes, note: ({ direction, what }) => said.push(`${direction} ${what}`) });

describe('an encrypted connection', () => {
  it(
    'is plain after the handshake if both allow it, and takes one round trip more than a plain one',
    drawn((stage) => {
      const [one, other] = two(stage);
      const said: string[] = [];
      stage.gives(answering(from(other, 'prefer').listen), '^ 50ms !').toBe(' ---------------a');
      stage.gives(calling(from(one, 'prefer', said).connect), '^ 40ms !').toBe('------------------b');
      stage.gives(timer(50).pipe(map(() => said.join())), '^ 60ms !').toBe('50ms (s|)', {
        s: '> our key,< its key,< its answer,· goes on plainly',
      });
    }),
  );

  it.each<[string, Encryption, Encryption]>([
    ['the one who calls', 'require', 'prefer'],
    ['the one who is called', 'prefer', 'require'],
    ['each', 'require', 'require'],
  ])('goes on with RC4 (+) if %s requires it', (_, calls, called) => {
    drawn((stage) => {
      const [one, other] = two(stage);
      stage.gives(answering(from(other, called).listen), '^ 50ms !').toBe('---------------a', { a: 'a+' });
      stage.gives(calling(from(one, calls).connect), '^ 40ms !').toBe('    ------------------b', { b: 'b+' });
    })();
  });

  it(
    'for a torrent that the other side does not have is hung up on, after its handshake has shown nothing',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage
        .gives(answering(from(other, 'prefer').listen), '^ 50ms !')
        .toBe('---------------#', undefined, failed('reset'));
      stage.gives(calling(from(one, 'prefer').connect, OTHER_HASH), '^ 40ms !').toBe('------------------|');
    }),
  );

  it(
    'is not made without a torrent, and then nothing is said at all where encryption is required',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage.gives(answering(from(other, 'prefer').listen), '^ 50ms !').toBe('---------a');
      stage.gives(from(one, 'prefer').connect(at(TWO)).pipe(switchMap(sayingA)), '^ 40ms !').toBe('------------b');
      stage.gives(from(one, 'require').connect(at(TWO))).toBe('#', undefined, failed('unreachable'));
    }),
  );
});

it(
  'keys that make a secret which clients hash differently are tried anew, on two more connections',
  drawn((stage) => {
    const [one, other] = two(stage);
    // Both sides throw the same numbers each time, and these two keys make such a secret.
    const [calls, answers] = [[...Array(20).keys()].map((n) => n + 1), [...Array(18).keys()].map((n) => n + 101)];
    const thrown = (key: readonly number[]) => ({
      encryption: 'prefer' as const,
      randomBytes: (length: number) => Uint8Array.from({ length }, (_, n) => (length === 20 ? (key[n] ?? 0) : 0)),
    });
    const answered$ = answering(encrypted(other.env, thrown([...answers, 1, 22])).listen);
    stage.gives(answered$.pipe(retry(3)), '^ 90ms !').toBe('-');
    const dialled$ = calling(encrypted(one.env, thrown(calls)).connect);
    stage.gives(dialled$).toBe('36ms #', undefined, failed('reset'));
  }),
);

describe('whoever calls and whoever is called', () => {
  const [PLAIN, RC4, NOTHING] = ['b', 'b+', ''];
  it.each<readonly [Encryption, Record<Encryption, string>]>([
    ['prefer', { prefer: PLAIN, allow: PLAIN, require: RC4, off: PLAIN }],
    ['allow', { prefer: PLAIN, allow: PLAIN, require: NOTHING, off: PLAIN }],
    ['require', { prefer: RC4, allow: RC4, require: RC4, off: NOTHING }],
    ['off', { prefer: PLAIN, allow: PLAIN, require: NOTHING, off: PLAIN }],
  ])('agree where they can: %s', (calls, expected) => {
    for (const called of ['prefer', 'allow', 'require', 'off'] as const) {
      drawn((stage) => {
        const [one, other] = two(stage);
        const got: string[] = [];
        const heard$ = called === 'off' ? plainProgram(other, 'hangs up') : answering(from(other, called).listen);
        const quiet = (words: Observable<string>): Observable<never> =>
          merge(
            words.pipe(
              ignoreElements(),
              catchError(() => EMPTY),
            ),
            NEVER,
          );
        stage.gives(quiet(heard$), '^ 90ms !').toBe('-');
        stage.gives(quiet(calling(from(one, calls).connect).pipe(tap((word) => got.push(word)))), '^ 80ms !').toBe('-');
        stage.gives(timer(70).pipe(map(() => got.join()))).toBe('70ms (r|)', { r: expected[called] });
      })();
    }
  });
});

describe('a side that is slow', () => {
  /** What a wire says: so many bytes at once, then one every 100 ms. Emits when the other side hangs up. */
  const dripping = (wire: Wire, said: Uint8Array, atOnce: number): Observable<string> => {
    wire.write(said.slice(0, atOnce));
    const drops$ = timer(100, 100).pipe(tap((n) => wire.write(said.slice(atOnce + n, atOnce + n + 1))));
    return merge(drops$.pipe(ignoreElements()), wire.bytes$.pipe(ignoreElements(), endWith('x'))).pipe(take(1));
  };
  const key = (): Uint8Array => {
    const { greeting } = new MseInitiator({ infoHash: INFO_HASH, provide: 3, randomBytes });
    return Uint8Array.from({ length: 600 }, (_, n) => greeting[n] ?? 0);
  };

  it.each([
    ['its key', 1],
    ['its request', 96],
  ])('with %s is hung up on five seconds after it has called or shown its key', (_, atOnce) => {
    drawn((stage) => {
      const [one, other] = two(stage);
      const calls$ = one.env.connect(at(TWO)).pipe(switchMap((wire) => dripping(wire, key(), atOnce)));
      const began = atOnce === 1 ? '5003ms' : '5009ms';
      stage.gives(answering(from(other, 'prefer').listen)).toBe(`${began} #`, undefined, failed('timeout'));
      stage.gives(calls$, '^ 20s !').toBe(`${atOnce === 1 ? '5006ms' : '5012ms'} (x|)`);
    })();
  });

  it(
    'with the first bytes behind its offer is hung up on, though it has said more than nothing',
    drawn((stage) => {
      const [one, other] = two(stage);
      const machine = new MseInitiator({ infoHash: INFO_HASH, provide: 3, randomBytes });
      const offersHalf = (wire: Wire): Observable<never> => {
        wire.write(machine.greeting);
        return wire.bytes$.pipe(
          tap((chunk) => machine.receive(chunk)),
          tap(() => machine.phase === 'offer' && wire.write(machine.offer(bytes('half')).slice(0, -2))),
          ignoreElements(),
        );
      };
      stage.gives(answering(from(other, 'prefer').listen)).toBe('15ms a 4999ms #', { a: 'ha' }, failed('timeout'));
      stage.gives(one.env.connect(at(TWO)).pipe(switchMap(offersHalf))).toBe('5018ms |');
    }),
  );

  it(
    'with its answer is hung up on, and not dialled again: it does encrypt',
    drawn((stage) => {
      const [one, other] = two(stage);
      stage
        .gives(
          listening(other, (wire) => dripping(wire, key(), 96)),
          '^ 6s !',
        )
        .toBe('-');
      stage.gives(calling(from(one, 'prefer').connect)).toBe('5006ms #', undefined, failed('timeout'));
    }),
  );
});

describe('many callers that only want us to compute', () => {
  it(
    'are answered as long as there are not too many of one host',
    drawn((stage) => {
      const [one, other] = two(stage);
      const calls = 2 * HANDSHAKE_BURST_NEARBY;
      const fates$ = from(other, 'prefer')
        .listen({ ports: [6881] })
        .pipe(
          switchMap(({ calls$ }) => calls$),
          mergeMap(({ wire$ = EMPTY }) => wire$.pipe(catchError((error: unknown) => of((error as NetworkError).code)))),
          filter((fate) => fate === 'no-room'),
          scan((count) => count + 1, 0),
        );
      const garbage$ = range(0, calls).pipe(
        mergeMap(() => one.env.connect(at(TWO))),
        tap((wire) => wire.write(randomBytes(96))),
      );
      stage.gives(garbage$.pipe(ignoreElements()), '^ 400ms !').toBe('-');
      const refused = calls - HANDSHAKE_BURST_NEARBY;
      stage.gives(fates$.pipe(takeUntil(timer(500)), takeLast(1))).toBe('500ms (n|)', { n: refused });
    }),
  );
});
