import { describe, it } from 'vitest';
import { cut } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, got, heard } from './scene.ts';

const RESET = { name: 'NetworkError', code: 'reset' };

describe('cut', () => {
  it(
    'breaks connections, each after a time of its own',
    drawn((stage) => {
      const { env } = bringing(stage, 'a-b-c-d-e-f-g-h-i-j-k-l-');
      const bad = cut(10)(env);
      for (const lane of ['a-b-c-d-e-#', 'a#', 'a-b-c-d-#']) stage.gives(heard(bad)).toBe(lane, undefined, RESET);
    }),
  );

  it(
    'breaks a request that takes too long, and no other',
    drawn((stage) => {
      const bad = cut(10);
      stage.gives(got(bad(bringing(stage, '-a|').env))).toBe('-a|');
      stage.gives(got(bad(bringing(stage, '90ms a|').env))).toBe('----------#', undefined, RESET);
      stage.gives(got(cut(10, { parts: ['connect'] })(bringing(stage, '90ms a|').env))).toBe('90ms a|');
    }),
  );
});
