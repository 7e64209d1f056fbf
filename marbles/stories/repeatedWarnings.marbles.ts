import { map, of, take } from 'rxjs';
import { describe, it } from 'vitest';
import { drawn } from '../index.ts';
import { ONE, peers, scene } from './trackerScene.ts';

describe('a tracker that is down', () => {
  const down = (message: string) => ({ type: 'warning', code: 'unreachable', message: `${ONE}: ${message}`, url: ONE });

  it(
    'is a warning when it fails first, and when it fails again after it has worked, not at each try',
    drawn((stage) => {
      const { peers$, one, warnings } = scene(stage, {
        one: ['#', '#', '#', '(a|)', '#'],
        options: { tiers: [[ONE]] },
      });
      stage.gives(peers$, '^ 1860s !').toBe('35s a', peers);
      stage.happens(one).toBe('s 4999ms s 9999ms s 19999ms s 1799999ms r 4999ms r 9999ms r 10s x');
      stage
        .gives(of(null).pipe(map(() => [...warnings])), '34s ^')
        .toBe('34s (w|)', { w: [down('connection refused')] });
      stage
        .gives(of(null).pipe(map(() => [...warnings])), '1870s ^')
        .toBe('1870s (w|)', { w: [down('connection refused'), down('connection refused')] });
    }),
  );

  it(
    'is a warning for each reason that it gives, whatever numbers are in it',
    drawn((stage) => {
      const says = ['1', '2', '3', '1'].map((letter) => `(${letter}|)`);
      const { peers$, warnings } = scene(stage, { one: says, options: { tiers: [[ONE]] } });
      stage.gives(peers$, '^ 50s !').toBe('-');
      const failure = (reason: string) => ({
        type: 'warning',
        code: 'failure-reason',
        message: `${ONE}: says "${reason}"`,
        url: ONE,
      });
      stage
        .gives(of(null).pipe(map(() => [...warnings])), '51s ^')
        .toBe('51s (w|)', { w: [failure('wait 35 s'), failure('closed')] });
    }),
  );

  it(
    'that works, and warns of something, does so once',
    drawn((stage) => {
      const { peers$, warnings } = scene(stage, { one: ['(v|)'], options: { tiers: [[ONE]] } });
      stage.gives(peers$.pipe(take(4))).toBe('a 1799999ms a 1799999ms a 1799999ms (a|)', peers);
      const warning = { type: 'warning', code: 'warning-message', message: `${ONE}: warns "moving soon"`, url: ONE };
      stage.gives(of(null).pipe(map(() => [...warnings])), '7200s ^').toBe('7200s (w|)', { w: [warning] });
    }),
  );
});
