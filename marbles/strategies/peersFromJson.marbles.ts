/**
 * A source of one's own: a JSON file that is polled, and waited for ever longer while it can't be had.
 */
import { defer, EMPTY, map, take } from 'rxjs';
import { describe, it } from 'vitest';
import { download, type HttpReply, NetworkError } from '../../src/index.ts';
import { drawn, honest } from '../index.ts';
import { peersFromJson } from './peersFromJson.ts';

const url = 'http://peers.test/list.json';
const reply = (text: string): HttpReply => ({ status: 200, body: new TextEncoder().encode(text) }) as HttpReply;
const a = reply('[{ "host": "10.1.0.1", "port": 7000 }]');
const b = reply('[{ "host": "10.1.0.1", "port": 7000 }, { "host": "10.1.0.2", "port": 7000 }]');

describe('peers from a JSON file', () => {
  it(
    'come every minute, and with a back-off when it fails',
    drawn(({ cold, gives }) => {
      const replies = [
        cold<HttpReply>('-#', {}, new NetworkError('refused', 'peers.test', 'refused')),
        cold('-a|', { a }),
        cold('-b|', { b }),
      ];
      let nth = 0;
      const env = { httpGet: () => defer(() => replies[nth++] ?? EMPTY), random: () => 0.5 };
      const hosts$ = peersFromJson(env, url).pipe(
        map(({ host }) => host.at(-1)),
        take(3),
      );
      gives(hosts$).toBe('1002ms 1 60001ms (12|)', { 1: '1', 2: '2' });
    }),
  );

  it(
    'are dialled by a download that has no other source',
    drawn(({ torrent, world, cold, watch, happens }) => {
      const { env, dials } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
      const polled$ = peersFromJson({ httpGet: () => cold('-a|', { a }), random: env.random }, url);
      const options = { target: { folder: '.' }, peers$: polled$, sources: { trackers: false } } as const;
      watch(download(torrent, env, options));
      happens(dials).toBe('----a');
    }),
  );
});
