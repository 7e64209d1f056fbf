/**
 * The local network first, the rest after a minute: a machine beside this one costs nobody's line.
 */
import { filter, map } from 'rxjs';
import { describe, it } from 'vitest';
import { client, download } from '../../src/index.ts';
import { drawn, honest } from '../index.ts';
import { lanFirst } from './lanFirst.ts';

describe('the local network first', () => {
  it(
    'finds a neighbour at once, and has all of it before any tracker would be asked',
    drawn(({ torrent, network, gives }) => {
      const lan = network();
      const [neighbour, ours] = [lan.host('10.0.0.1'), lan.host('10.0.0.2')];
      neighbour.disk(torrent, { has: [0, 1] });
      /** `l` is a peer of the local network, `i` one that has called, `t` an asked tracker, `s` a stored piece. */
      const told = (host: typeof ours, more: object) =>
        host.runs(client(host.env, { ports: [6881] }).download(torrent, { target: { folder: '.' }, ...more })).pipe(
          map((event) => (event.type === 'peer-joined' ? event.address.source : event.type)),
          filter((type) => ['lsd', 'incoming', 'tracker', 'stored'].includes(type)),
          map((type) => type.charAt(0)),
        );
      gives(told(ours, lanFirst())).toBe('43ms i----------l 42ms ss---|');
      gives(told(neighbour, { lsd: true, trackers: [], seed: {} }), '^ 1s !').toBe('44ms i');
    }),
  );

  it(
    'asks trackers only after a minute',
    drawn(({ torrent, world, watch, happens }) => {
      const { env, announces, dials } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
      watch(download(torrent, env, { target: { folder: '.' }, ...lanFirst() }));
      happens(announces).toBe('60003ms s 38ms c----x');
      happens(dials).toBe('60008ms a');
    }),
  );
});
