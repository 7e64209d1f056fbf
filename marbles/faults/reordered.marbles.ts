import { describe, it } from 'vitest';
import { reordered } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, heard, received, sends } from './scene.ts';

describe('reordered', () => {
  it(
    'lets datagrams overtake some of those before them, in both directions; connections keep their order',
    drawn((stage) => {
      const { env, sent$ } = bringing(stage, 'a-b-c-d-e-');
      const odd = reordered(0.5, { by: 3 })(env);
      stage.gives(received(odd), '^ 30ms !').toBe('a-b-c-d----e');
      stage.gives(heard(odd), '   ^ 30ms !').toBe('a-b-c-d-e-');
      stage.gives(sends(odd, stage.cold('u-v-w-x-')), '^ 30ms !').toBe('-');
      stage.gives(sent$, '^ 30ms !').toBe('--vu--xw');
    }),
  );
});
