import { mergeMap, type Observable, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { failing } from '../../src/faults/index.ts';
import { drawn } from '../index.ts';
import { bringing, got, heard } from './scene.ts';

describe('failing', () => {
  it(
    'refuses some connections, and others not',
    drawn((stage) => {
      const { env } = bringing(stage, '-a');
      const bad = failing(0.5)(env);
      const refused = { name: 'NetworkError', code: 'refused' };
      for (const lane of ['-a', '#', '-a', '-a']) stage.gives(heard(bad), '^---!').toBe(lane, undefined, refused);
      stage.gives(got(failing(1)(env))).toBe('#', undefined, { name: 'NetworkError', code: 'unreachable' });
    }),
  );

  it(
    'lets no port be had, and a disk not be read, where those parts are named',
    drawn((stage) => {
      const { env } = stage.world();
      const port = failing(1, { parts: ['listen', 'udp'] })(env);
      const disk = failing(0.5, { parts: ['storage'], seed: 4 })(env);
      stage.gives(port.listen({ ports: [1] })).toBe('#', undefined, { name: 'NetworkError', code: 'port-taken' });
      stage.gives(port.bindUdp({ family: 4 })).toBe('#', undefined, { name: 'NetworkError', code: 'no-room' });
      const read = (): Observable<unknown> =>
        disk.openStorage(stage.torrent, { folder: '.' }).pipe(mergeMap((it) => it.read(0, new Uint8Array(1))));
      const io = { name: 'StorageError', code: 'io' };
      stage.gives(read(), '^ 8ms !').toBe('-#', undefined, io);
      stage.gives(timer(20).pipe(mergeMap(read)), '^ 40ms !').toBe('20ms #', undefined, io);
    }),
  );
});
