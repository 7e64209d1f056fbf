import { concat, filter, mergeMap } from 'rxjs';
import { describe, it } from 'vitest';
import { download } from '../../src/index.ts';
import { full } from '../../src/faults/index.ts';
import { drawn, honest } from '../index.ts';

describe('full', () => {
  it(
    'has room for so many bytes, and for no more',
    drawn((stage) => {
      const small = full(2500)(stage.world().env);
      const written$ = small
        .openStorage(stage.torrent, { folder: '.' })
        .pipe(mergeMap((disk) => concat(...[0, 1, 2].map((nth) => disk.write(nth * 1000, new Uint8Array(1000))))));
      stage.gives(written$).toBe('--n(n#)', { n: 1000 }, { name: 'StorageError', code: 'full' });
    }),
  );

  it(
    'makes a download wait',
    drawn(({ torrent, world, gives }) => {
      const { env } = world({ peers: { '10.1.0.1:7000': honest() } });
      const stored$ = download(torrent, full(40_000)(env), { target: { folder: '.' } }).pipe(
        filter(({ type }) => type === 'stored' || type === 'warning'),
      );
      gives(stored$, '^ 3s !').toBe('25ms ws');
    }),
  );
});
