import { describe, it } from 'vitest';
import { duplicated } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, heard, received, sends } from './scene.ts';

describe('duplicated', () => {
  it(
    'lets some datagrams come twice, in both directions, and nothing of a connection',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, 'a---b---c---d---');
      const twice = duplicated(0.5, { seed: 10 })(env);
      stage.gives(received(twice), '^ 30ms !').toBe('a---b---(cc)(dd)');
      stage.gives(heard(twice), '   ^ 30ms !').toBe('a---b---c---d---');
      stage.gives(sends(twice, stage.cold('u---v---w---x---')), '^ 30ms !').toBe('-');
      stage.gives(sent$, '^ 30ms !').toBe('u---v---(ww)(xx)');
      stage.gives(received(duplicated(1, { only: () => false })(env)), '^ 30ms !').toBe('a---b---c---d---');
    }),
  );
});
