import { EMPTY, ignoreElements, map, mergeMap, NEVER, type Observable, of, switchMap, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import type { Wire } from '../../src/contracts/network.ts';
import { drawn, type NetworkedHost } from '../index.ts';
import { at, bytes, heard, listening, ONE, text, TWO, two } from './twoHosts.ts';

const echo = (wire: Wire): Observable<unknown> =>
  wire.bytes$.pipe(tap((chunk) => wire.write(bytes(text(chunk).toUpperCase()))));

describe('tcp', () => {
  it(
    'takes bytes there and back, after the delays of both',
    drawn((stage) => {
      const [one, other] = two(stage);
      const said$ = one.env.connect(at(TWO)).pipe(
        tap((wire) => wire.write(bytes('a'))),
        switchMap(heard),
      );
      stage.gives(listening(other, echo), '^ 30ms !').toBe('-');
      stage.gives(said$, '^ 20ms !').toBe('------------A');
    }),
  );

  it(
    'says what has become of a dial',
    drawn((stage) => {
      const [one, other] = two(stage);
      const network = stage.network();
      const failed = (code: string) => ({ name: 'NetworkError', code });
      stage.gives(one.env.connect(at(TWO))).toBe('------#', undefined, failed('refused'));
      stage.gives(one.env.connect(at('10.9.9.9'))).toBe('-#', undefined, failed('unreachable'));
      stage
        .gives(
          timer(8).pipe(
            tap(() => other.freeze()),
            ignoreElements(),
          ),
        )
        .toBe('8ms |');
      stage
        .gives(timer(10).pipe(switchMap(() => one.env.connect(at(TWO)))))
        .toBe('10010ms #', undefined, failed('timeout'));
      network.tcp.check();
    }),
  );

  it(
    'hangs up on a call that is not answered, and errors for an answer that comes too late',
    drawn((stage) => {
      const [one, other] = two(stage);
      const late$ = other.env.listen({ ports: [6881] }).pipe(
        switchMap(({ calls$ }) => calls$),
        mergeMap(({ wire$ = EMPTY }) => timer(1).pipe(switchMap(() => wire$))),
      );
      stage.gives(late$).toBe('----#', undefined, { name: 'NetworkError', code: 'reset' });
      stage.gives(one.env.connect(at(TWO)).pipe(map(() => 'w'))).toBe('------(w|)');
    }),
  );

  it(
    'has each port once',
    drawn((stage) => {
      const { env } = stage.network().host(ONE);
      const port = (ports: readonly number[]) => env.listen({ ports }).pipe(map((it) => it.port));
      stage.gives(port([6881, 6882]), '^-!').toBe('a', { a: 6881 });
      stage.gives(port([6881, 6882]), '^-!').toBe('a', { a: 6882 });
      stage.gives(port([6881])).toBe('#', undefined, { name: 'NetworkError', code: 'port-taken' });
      stage.gives(port([0]), '^-!').toBe('a', { a: 49_152 });
      stage.gives(timer(5).pipe(switchMap(() => port([6881]))), '^-----!').toBe('-----a', { a: 6881 });
    }),
  );

  it(
    'is as fast as the slower line: what leaves, and what comes',
    drawn((stage) => {
      const network = stage.network();
      const slow = network.host(ONE, { up: 1_000_000, delay: 0 });
      const quick = network.host(TWO, { down: 2_000_000, delay: 0 });
      const source = network.host('10.0.0.3', { delay: 0 });
      const arrivals = (of: NetworkedHost) =>
        of.env.connect(at(TWO)).pipe(
          tap((wire) => {
            for (let nth = 0; nth < 3; nth++) wire.write(new Uint8Array(10_000));
          }),
          ignoreElements(),
        );
      const sizes$ = quick.env.listen({ ports: [6881] }).pipe(
        switchMap(({ calls$ }) => calls$),
        mergeMap(({ wire$ = EMPTY }) => wire$.pipe(mergeMap((wire) => wire.bytes$))),
        map(({ length }) => length / 1000),
      );
      const ten = { a: 10 };
      stage.gives(sizes$, '^ 90ms !').toBe('15ms a 9ms a 9ms a 19ms a----a----a', ten);
      stage.gives(arrivals(slow), '^ 90ms !').toBe('-');
      stage.gives(timer(50).pipe(switchMap(() => arrivals(source))), '^ 90ms !').toBe('-');
    }),
  );

  it(
    'lets connections take turns on one line',
    drawn((stage) => {
      const network = stage.network();
      const server = network.host(ONE, { up: 16_448_000, delay: 0 });
      const takers = [TWO, '10.0.0.3'].map((address) => network.host(address, { delay: 0 }));
      const gives = (wire: Wire): Observable<never> => (wire.write(new Uint8Array(3 * 16_448)), NEVER);
      stage.gives(listening(server, gives), '^ 20ms !').toBe('-');
      for (const [nth, taker] of takers.entries())
        stage
          .gives(
            taker.env.connect(at(ONE)).pipe(
              switchMap((wire) => wire.bytes$),
              map(() => 'x'),
            ),
            '^ 20ms !',
          )
          .toBe(nth === 0 ? '-x-x-x' : '--x-x-x');
    }),
  );

  it(
    'says that its buffer is full, and when all of it has come',
    drawn((stage) => {
      const network = stage.network();
      const one = network.host(ONE, { up: 1_000_000, buffer: 10_000, delay: 0 });
      const other = network.host(TWO, { delay: 0 });
      const wrote: boolean[] = [];
      const drained$ = one.env.connect(at(TWO)).pipe(
        tap(({ write }) => {
          for (const size of [5000, 5000, 1]) wrote.push(write(new Uint8Array(size)));
          network.tcp.check();
        }),
        switchMap((wire) => wire.drained$),
        map(() => 'd'),
      );
      stage.gives(listening(other), '^ 30ms !').toBe('-');
      stage.gives(drained$, '^ 20ms !').toBe('11ms d');
      stage.gives(of(wrote), '1ms ^').toBe('-(w|)', { w: [true, false, false] });
    }),
  );

  it(
    'delivers what was written before the end, in order and each byte once',
    drawn((stage) => {
      const network = stage.network();
      const one = network.host(ONE, { up: 100_000, delay: 7 });
      const other = network.host(TWO, { down: 90_000, delay: 7 });
      const sent = Uint8Array.from({ length: 100_000 }, (_, n) => (n * 31) >> 3);
      const got: number[] = [];
      const collects = (wire: Wire): Observable<unknown> => wire.bytes$.pipe(tap((chunk) => got.push(...chunk)));
      const said$ = one.env.connect(at(TWO)).pipe(
        switchMap((wire) => {
          for (let from = 0; from < sent.length; from += 30_000) wire.write(sent.slice(from, from + 30_000));
          return EMPTY;
        }),
      );
      stage.gives(listening(other, collects), '^ 3s !').toBe('-');
      stage.gives(said$, '^ 100ms !').toBe('-');
      stage
        .gives(timer(2500).pipe(map(() => Buffer.compare(Uint8Array.from(got), sent))))
        .toBe('2500ms (a|)', { a: 0 });
    }),
  );
});
