import { map, mergeMap } from 'rxjs';
import { describe, it } from 'vitest';
import { lying } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, got, heard, received } from './scene.ts';

describe('lying', () => {
  it(
    'changes a byte of some of what comes',
    drawn((stage) => {
      const { env } = bringing(stage, '-a-b-c-d-e-f');
      const bad = lying(0.4)(env);
      stage.gives(heard(lying(0)(env)), '^ 20ms !').toBe('-a-b-c-d-e-f');
      stage.gives(heard(bad), '   ^ 20ms !').toBe('-a-b-c-d-x-x');
      stage.gives(received(bad), '^ 20ms !').toBe('-x-x-c-d-x-x');
      stage.gives(got(lying(1)(bringing(stage, '--a|').env))).toBe('--x|');
    }),
  );

  it(
    'is a disk that reads what nobody has written',
    drawn((stage) => {
      const { env } = stage.world();
      const into = new Uint8Array(1000);
      const wrong$ = lying(1, { parts: ['storage'] })(env)
        .openStorage(stage.torrent, { folder: '.' })
        .pipe(
          mergeMap((disk) => disk.write(0, new Uint8Array(1000)).pipe(mergeMap(() => disk.read(0, into)))),
          map((count) => [count, into.filter((byte) => byte !== 0).length]),
        );
      stage.gives(wrong$, '^ 20ms !').toBe('---w', { w: [1000, 1] });
    }),
  );
});
