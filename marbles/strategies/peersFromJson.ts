import { map, mergeMap, type Observable, repeat, retry } from 'rxjs';
import { backoff, type Env, type PeerAddress } from '../../src/index.ts';

/** Peers in a JSON file on the web, `[{ "host": "192.0.2.7", "port": 6881 }]`, which is read again every minute. */
export const peersFromJson = (env: Pick<Env, 'httpGet' | 'random'>, url: string): Observable<PeerAddress> =>
  env.httpGet({ url, maxBytes: 2 ** 20, timeout: 10_000 }).pipe(
    mergeMap(({ body }) => JSON.parse(new TextDecoder().decode(body)) as { host: string; port: number }[]),
    map(({ host, port }): PeerAddress => ({ host, port, source: 'manual' })),
    retry({ delay: backoff({ first: 1_000, most: 60_000, random: env.random }) }),
    repeat({ delay: 60_000 }),
  );
