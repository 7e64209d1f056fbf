import { describe, it } from 'vitest';
import { frozen } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, heard, received, sends, writes } from './scene.ts';

describe('frozen', () => {
  const lane = 'a------b------c------d------e------f------|';

  it(
    'lets nothing in or out for a while, again and again; what a connection brings comes afterwards',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, lane);
      stage.gives(heard(frozen(9, { every: 20 })(env)), '^ 70ms !').toBe('a------b-------------(cd)-----------(ef)');
      stage
        .gives(writes(frozen(9, { every: 20 })(env), stage.cold(lane)), '^ 70ms !')
        .toBe('t------t------t------t------t------t', { t: true });
      stage.gives(sent$, '^ 70ms !').toBe('a------b-------------(cd)-----------(ef)');
    }),
  );

  it(
    'loses datagrams meanwhile',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, lane);
      stage.gives(received(frozen(9, { every: 20 })(env)), '^ 70ms !').toBe('a------b-------------d');
      stage.gives(sends(frozen(9, { every: 20 })(env), stage.cold(lane)), '^ 70ms !').toBe('-');
      stage.gives(sent$, '^ 70ms !').toBe('a------b-------------d');
    }),
  );
});
