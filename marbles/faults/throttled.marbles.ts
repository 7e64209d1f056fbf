import { map, mergeMap, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { throttled } from '../../src/faults/index.ts';
import { SendQueue } from '../../src/faults/sendQueue.ts';
import { Held } from '../../src/faults/held.ts';
import { drawn } from '../index.ts';
import { bringing, chunkOf, got, heard, PEER, received, sends, writes } from './scene.ts';

describe('throttled', () => {
  it(
    'lets a thousand bytes a millisecond through, those of all connections together',
    drawn((stage) => {
      const { env } = bringing(stage, '(abc)-');
      const slow = throttled(500_000)(env);
      stage.gives(heard(slow), '^ 40ms !').toBe('--a-b-c');
      stage.gives(heard(slow), '^ 40ms !').toBe('--------a-b-c');
      stage.gives(got(slow), '  ^ 40ms !').toBe('14ms a-b-c');
    }),
  );

  it(
    'sends slowly, and says that its buffer is full, and when it is empty again',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, '');
      stage.gives(writes(throttled({ up: 500_000 })(env), of('u', 'v', 'w')), '^ 20ms !').toBe('(ttt)', { t: true });
      stage.gives(sent$, '^ 20ms !').toBe('--u-v-w');
      const told$ = throttled({ up: 1e6 })(env)
        .connect(PEER)
        .pipe(
          mergeMap((wire) => {
            const full = Array.from({ length: 263 }, () => wire.write(chunkOf('u'))).indexOf(false);
            return wire.drained$.pipe(map(() => full));
          }),
        );
      stage.gives(told$, '30ms ^ 400ms !').toBe('293ms d', { d: 262 });
    }),
  );

  it(
    'loses datagrams where more than a second waits',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, '(abcd)');
      stage.gives(received(throttled(1000)(env)), '^ 4s !').toBe('1000ms a 999ms b');
      stage.gives(sends(throttled(1000)(env), of('u', 'v', 'w')), '5s ^ 4s !').toBe('-');
      stage.gives(sent$, '^ 9s !').toBe('6s u 999ms v');
    }),
  );

  it(
    'is a slow disk',
    drawn((stage) => {
      const { env } = stage.world();
      const slow = throttled({ up: 1000 }, { parts: ['storage'] })(env);
      const written$ = slow
        .openStorage(stage.torrent, { folder: '.' })
        .pipe(mergeMap((disk) => disk.write(0, new Uint8Array(100))));
      stage.gives(written$, '^ 400ms !').toBe('102ms n', { n: 100 });
    }),
  );

  it(
    'keeps order and tells when its buffers are empty',
    drawn((stage) => {
      const [held, queue] = [new Held(), new SendQueue()];
      const order: number[] = [];
      for (const [nth, wait] of [5, 0, 9, 2].entries()) held.add(wait, () => order.push(nth));
      queue.write(2 ** 18, 5, () => true);
      held.check();
      queue.check();
      stage.gives(stage.cold('----------a').pipe(map(() => [order, held.isIdle]))).toBe('----------a', {
        a: [[0, 1, 2, 3], true],
      });
      expect(order).toEqual([]);
    }),
  );
});
