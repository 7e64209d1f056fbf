import { describe, it } from 'vitest';
import { lossy } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, heard, received, sends, writes } from './scene.ts';

describe('lossy', () => {
  it(
    'loses datagrams for ever, in both directions, and the same ones in every run',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, 'a-b-c-d-e-f');
      stage.gives(received(lossy(0)(env)), '  ^ 20ms !').toBe('a-b-c-d-e-f');
      stage.gives(received(lossy(0.5)(env)), '^ 20ms !').toBe('--b-------f');
      stage.gives(received(lossy(0.5)(env)), '^ 20ms !').toBe('--b-------f');
      stage.gives(received(lossy(0.5, { seed: 2 })(env)), '^ 20ms !').toBe('--b-c');
      stage.gives(received(lossy(1)(env)), '^ 20ms !').toBe('-');
      stage.gives(sends(lossy(0.5)(env), stage.cold('u-v-w-x'))).toBe('-');
      stage.gives(sent$, '^ 20ms !').toBe('--v');
    }),
  );

  it(
    'makes a connection send again what it has lost, while all that comes after it waits',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, 'a----b----c----d----e----f');
      stage.gives(heard(lossy(0.5, { again: 8, seed: 8 })(env)), '^ 40ms !').toBe('--------(ab)------c----(de)------f');
      stage
        .gives(writes(lossy(0.5, { again: 8, seed: 8 })(env), stage.cold('u----v----w----x')), '^ 40ms !')
        .toBe('t----t----t----t', { t: true });
      stage.gives(sent$, '^ 40ms !').toBe('--------(uv)------w----x');
    }),
  );

  it(
    'needs a second more to connect where the call is lost',
    drawn((stage) => {
      const { env } = bringing(stage, 'a');
      stage.gives(heard(lossy(1, { again: 1 })(env)), '^ 1200ms !').toBe('1001ms a');
    }),
  );
});
