/**
 * Compares trackers: how many peers each of them knows.
 *
 * Another pipe, that downloads nothing: for choosing the trackers of a torrent of one's own, or to see which are dead.
 */
import { EMPTY, from, map, mergeMap, type Observable, of, reduce, takeUntil, throwError, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { distinctPeers } from '../../operators/index.ts';
import { type Env, type PeerAddress, type Torrent, NetworkError, trackerPeers } from '../../src/index.ts';
import { announced, drawn, torrentOf } from '../index.ts';

const compareTrackers = (
  { infoHash, announce, length }: Torrent,
  env: Env,
): Observable<readonly [url: string, peers: number]> => {
  const us = {
    infoHash,
    peerId: env.randomBytes(20),
    port: 6881,
    totals: () => ({ uploaded: 0, downloaded: 0, left: length }),
  };
  return from(announce.flat()).pipe(
    mergeMap((url) =>
      trackerPeers(env, { ...us, tiers: [[url]], wanted$: EMPTY, completed$: EMPTY }).pipe(
        distinctPeers(),
        takeUntil(timer(10_000)),
        reduce<PeerAddress, readonly [url: string, peers: number]>(([, peers]) => [url, peers + 1], [url, 0]),
      ),
    ),
  );
};

const [good, poor, dead] = [
  'http://good.test/announce',
  'http://poor.test/announce',
  'http://dead.test/announce',
] as const;
const torrent: Torrent = { ...torrentOf(), announce: [[good, dead], [poor]] };

describe('comparing trackers', () => {
  it(
    'counts the peers of each, and takes leave of those who answered',
    drawn(
      ({ world, gives, happens }) => {
        const { env, announces, requests } = world({
          tracker: ({ url }) => {
            if (url.startsWith(dead)) return throwError(() => new NetworkError('refused', 'there', 'gone'));
            return of(
              announced(url.startsWith(good) ? ['10.1.0.1:7000', '10.1.0.2:7000', '10.1.0.1:7000'] : ['10.1.0.3:7000']),
            );
          },
        });
        gives(compareTrackers(torrent, env)).toBe('10s (gdp|)', { g: [good, 2], p: [poor, 1], d: [dead, 0] });
        happens(announces).toBe('(sss) 5225ms s 4769ms (xx)');
        const left$ = timer(10_001).pipe(
          map(() =>
            requests.filter(({ url }) => url.includes('event=stopped')).map(({ url }) => new URL(url).hostname),
          ),
        );
        gives(left$).toBe('10001ms (h|)', {
          h: ['good.test', 'poor.test'],
        });
      },
      { torrent },
    ),
  );
});
