/**
 * Serves one network only: a choke strategy of one's own is obeyed everywhere, in free slots and by chance, too.
 */
import { filter } from 'rxjs';
import { describe, it } from 'vitest';
import { client } from '../../src/index.ts';
import { drawn } from '../index.ts';
import { serveOnly } from './serveOnly.ts';

describe('serving one network only', () => {
  it(
    'gives a neighbour everything, and a stranger nothing',
    drawn(({ torrent, network, gives }) => {
      const wan = network();
      const [seed, neighbour, stranger] = [wan.host('10.0.0.1'), wan.host('10.0.0.2'), wan.host('10.0.1.1')];
      seed.disk(torrent, { has: [0, 1] });
      const options = { target: { folder: '.' } };
      const shares = (host: typeof seed, more = {}) =>
        host
          .runs(client(host.env, { ports: [6881] }).download(torrent, { ...options, ...more }))
          .pipe(filter(({ type }) => type === 'stored'));

      gives(shares(seed, { seed: {}, choker: serveOnly('10.0.0.') }), '^ 60s !').toBe('-');
      gives(shares(neighbour)).toBe('112ms ss---|');
      gives(shares(stranger), '^ 60s !').toBe('-');
    }),
  );
});
