import { Observable } from 'rxjs';
import type { Env } from '../contracts/env.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import { type ListenPort, listenPort } from './listenPort.ts';
import type { DownloadOptions } from './options.ts';
import { scoped } from './scoped.ts';
import { isMagnet, peersOf, type Source } from './source.ts';
import { stoppable } from './stopping.ts';
import { type TorrentSwarm, torrentSwarm } from './torrentSwarm.ts';
import { watched } from './watched.ts';

/**
 * A swarm that nobody is in yet, and where its peers can call us, for as long as `main` takes. What `main` tells, and
 * what is reported and sampled meanwhile.
 */
export const inSwarm = (
  source: Source,
  env: Env,
  options: DownloadOptions,
  main: (swarm: TorrentSwarm, options: DownloadOptions & ListenPort) => Observable<DownloadEvent>,
): Observable<DownloadEvent> =>
  scoped(listenPort(source.infoHash, options), (port) =>
    reporting((report) => {
      const given = { ...options, ...port };
      const peers = isMagnet(source) ? [...(options.peers ?? []), ...peersOf(source)] : options.peers;
      const swarm = torrentSwarm(source, env, { ...given, peers, report });
      const main$ = stoppable(main(swarm, given), options.stop$, swarm);
      return watched(main$, swarm, {
        news: port.news,
        begun: () => isMagnet(source) || swarm.stats.picker !== undefined,
      });
    }),
  );

/** What `main` tells, and beside it what is reported while it goes on. */
const reporting = (
  main: (report: (event: DownloadEvent) => void) => Observable<DownloadEvent>,
): Observable<DownloadEvent> =>
  new Observable((subscriber) => main((event) => subscriber.next(event)).subscribe(subscriber));
