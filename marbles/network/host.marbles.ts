import {
  asapScheduler,
  concat,
  defer,
  ignoreElements,
  map,
  merge,
  type Observable,
  observeOn,
  of,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { now } from '../../src/contracts/clock.ts';
import type { Wire } from '../../src/contracts/network.ts';
import { drawn } from '../index.ts';
import { at, bytes, heard, listening, ONE, text, TWO, two } from './twoHosts.ts';

describe('a host', () => {
  const until = (ms: number, act: () => void): Observable<never> => timer(ms).pipe(tap(act), ignoreElements());
  /** Says `x` every ten milliseconds. */
  const ticking = (wire: Wire): Observable<never> =>
    timer(0, 10).pipe(
      tap(() => wire.write(bytes('x'))),
      ignoreElements(),
    );

  it(
    'that is frozen gets what came meanwhile when it is back',
    drawn((stage) => {
      const [one, other] = two(stage);
      const heard$ = one.env.connect(at(TWO)).pipe(switchMap(heard));
      stage.gives(listening(other, ticking), '^ 50ms !').toBe('-');
      stage
        .gives(
          merge(
            heard$,
            until(10, () => one.freeze()),
            until(32, () => one.comeBack()),
          ),
          '^ 49ms !',
        )
        .toBe('------x 25ms (xx)x---------x');
    }),
  );

  it(
    'that crashes loses its connections, and other hosts are told when the news has arrived',
    drawn((stage) => {
      const [one, other] = two(stage);
      const runs$ = other.runs(listening(other, ticking));
      const heard$ = one.env.connect(at(TWO)).pipe(switchMap(heard));
      stage
        .gives(
          merge(
            runs$,
            until(10, () => other.crash()),
          ),
          '^ 90ms !',
        )
        .toBe('-');
      stage.gives(heard$).toBe('------x------#', undefined, { name: 'NetworkError', code: 'reset' });
    }),
  );

  it(
    'that is gone says nothing, and is reached again when it is back, with what runs there',
    drawn((stage) => {
      const [one, other] = two(stage);
      const heard$ = one.env.connect(at(TWO)).pipe(switchMap(heard));
      const gone$ = merge(
        until(10, () => other.crash('silently')),
        until(40, () => other.comeBack()),
      );
      stage.gives(merge(other.runs(listening(other, ticking)), gone$), '^ 90ms !').toBe('-');
      stage.gives(heard$, '^ 60ms !').toBe('------x');
      stage.gives(timer(50).pipe(switchMap(() => heard$)), '^ 60ms !').toBe('56ms x');
      expect(other.state).toBe('up');
    }),
  );

  it(
    'runs a program until it ends, crashes or is unsubscribed, and anew when it is back',
    drawn((stage) => {
      const [host] = two(stage);
      const program$ = stage.cold('-a-b-c|');
      stage
        .gives(
          merge(
            host.runs(program$),
            until(4, () => host.crash()),
            until(7, () => host.comeBack()),
          ),
        )
        .toBe('-a-b----a-b-c|');
      stage.expectSubscriptions(program$.subscriptions).toBe(['^---!', '-------^-----!']);
      const failing$ = concat(timer(1).pipe(ignoreElements()), stage.cold('#'));
      stage.gives(host.runs(failing$)).toBe('-#');
    }),
  );

  it(
    'loses datagrams, as many as it says, and all while it is not up',
    drawn((stage) => {
      const network = stage.network({ seed: 3 });
      const [one, other] = [network.host(ONE, { delay: 1 }), network.host(TWO, { delay: 2, loss: 0.5 })];
      const numbers$ = other.env.bindUdp({ family: 4, port: 7 }).pipe(
        switchMap(({ datagrams$ }) => datagrams$),
        map((datagram) => text(datagram.bytes)),
      );
      const sending$ = one.env.bindUdp({ family: 4 }).pipe(
        switchMap((socket) => timer(0, 1).pipe(tap((n) => socket.send(bytes(String(n % 10)), { host: TWO, port: 7 })))),
        ignoreElements(),
      );
      stage
        .gives(
          merge(
            sending$,
            until(12, () => other.freeze()),
          ),
          '^ 30ms !',
        )
        .toBe('-');
      stage.gives(numbers$, '^ 40ms !').toBe('----123-5678');
    }),
  );

  it(
    'has a clock of its own, which can be set while its timers go on, and by which all goes that it does',
    drawn((stage) => {
      const [one, other] = two(stage);
      const clock$ = defer(() => of(String(now())));
      // At once, by a timer, and when something arrives.
      const asked$ = merge(clock$.pipe(observeOn(asapScheduler)), timer(20).pipe(switchMap(() => clock$)));
      const heard$ = one.env.connect(at(TWO)).pipe(
        switchMap(heard),
        take(1),
        switchMap(() => clock$),
      );
      stage.gives(other.runs(listening(other, ticking)), '^ 50ms !').toBe('-');
      one.jumps(5_000);
      stage.gives(one.runs(merge(asked$, heard$))).toBe('a-----b-------------(c|)', {
        a: '5000',
        b: '105006',
        c: '105020',
      });
      stage.gives(other.runs(timer(20).pipe(switchMap(() => clock$)))).toBe('--------------------(b|)', { b: '20' });
      stage.gives(until(3, () => one.jumps(100_000))).toBe('---|');
    }),
  );
});
