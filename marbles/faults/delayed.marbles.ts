import { map, mergeMap, Observable, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { delayed } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, got, heard, received, sends } from './scene.ts';

describe('delayed', () => {
  it(
    'makes a connection, and what it brings, so much later',
    drawn((stage) => {
      const { env } = bringing(stage, '-a-(bc)-|');
      stage.gives(heard(env), '^ 30ms !').toBe('         -a-(bc)-');
      // Three milliseconds until it is connected, and three more for what it says.
      stage.gives(heard(delayed(3)(env)), '^ 30ms !').toBe('-------a-(bc)-');
    }),
  );

  it(
    'ends no connection before its last bytes have come',
    drawn((stage) => {
      const { env } = bringing(stage, '-a|');
      const brief: typeof env = {
        ...env,
        connect: (address) =>
          new Observable((subscriber) => {
            subscriber.add(env.connect(address).subscribe((wire) => subscriber.next(wire)));
            subscriber.add(timer(2).subscribe(() => subscriber.complete()));
          }),
      };
      stage.gives(heard(brief)).toBe('          -a|');
      stage.gives(heard(delayed(5)(brief))).toBe('-----------(a|)');
      stage.gives(got(delayed(5)(env))).toBe('------(a|)');
    }),
  );

  it(
    'lets datagrams overtake each other where there is jitter, and keeps the bytes of a connection in order',
    drawn((stage) => {
      const { env } = bringing(stage, 'a----b----c----d----e----f');
      const far = { jitter: 9, seed: 4 };
      stage.gives(received(delayed(9, far)(env)), '^ 60ms !').toBe('-----------b--c-da------e---------f');
      stage.gives(heard(delayed(9, far)(env)), '^ 60ms !').toBe('23ms a--b-c-------d---------(ef)');
    }),
  );

  it(
    'concerns the parts and the hosts that are named, and tells each time',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, 'ab-|');
      let times = 0;
      const told = (): void => void times++;
      stage.gives(received(delayed(3, { parts: ['http', 'storage'] })(env)), '^ 20ms !').toBe('ab-');
      stage.gives(heard(delayed(3, { only: (host) => host === '10.0.0.8' })(env)), '^ 20ms !').toBe('ab-');
      stage.gives(received(delayed(3, { told })(env)), '^ 20ms !').toBe('---ab');
      stage.gives(timer(30).pipe(map(() => times))).toBe('30ms (a|)', { a: 2 });
      // What we send leaves at once: its answer is late.
      stage.gives(sent$, '^ 50ms !').toBe('40ms s');
      stage.gives(timer(40).pipe(mergeMap(() => sends(delayed(3)(env), stage.cold('s')))), '^ 60ms !').toBe('-');
      expect(delayed(3)(env).verify).toBeTypeOf('function');
    }),
  );

  it(
    'is slow to read and write, of a disk',
    drawn((stage) => {
      const { env } = stage.world({ disk: { has: [0] } });
      const slow = delayed(4, { parts: ['storage'] })(env);
      const opened = (world: typeof env) => world.openStorage(stage.torrent, { folder: '.' });
      const read$ = (world: typeof env) => opened(world).pipe(mergeMap((disk) => disk.read(0, new Uint8Array(3))));
      stage.gives(read$(env), '         ^ 9ms !').toBe('         --n', { n: 3 });
      stage.gives(read$(slow), '  10ms ^ 19ms !').toBe('10ms ------n', { n: 3 });
    }),
  );
});
