import { connect, defer, isObservable, Observable } from 'rxjs';
import { checkOption, checkOptions } from '../../contracts/checkOptions.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import { doneLast } from '../streams/doneLast.ts';
import { type ListenPort, listenPort } from '../swarm/listenPort.ts';
import type { DownloadOptions } from '../options.ts';
import { type Download, RunningDownload } from '../running/runningDownload.ts';
import { scoped } from '../streams/scoped.ts';
import { filesOf, isMagnet, peersOf, type Source } from '../source.ts';
import { stoppable } from '../swarm/stopping.ts';
import { type TorrentSwarm, torrentSwarm } from '../swarm/torrentSwarm.ts';
import { withStrategy } from './withStrategy.ts';
import { watched } from '../swarm/watched.ts';

/** The options of a download, which are checked before anything happens. @throws InputError `bad-option` */
const optionsOf = (asked: DownloadOptions): DownloadOptions => {
  // A program that is not type-checked may have forgotten it.
  if (asked.placed === undefined) checkOption('target', asked.target ?? null);
  return withStrategy(checkOptions(asked));
};

/**
 * Creates a swarm without peers, and listens for peers, for as long as `main` runs. Emits the download before it
 * begins, and completes when it is over. The values of `main`, and the events and samples meanwhile, are the events of
 * the download. `given` are the options with what the strategy, the link and the port add to them.
 */
export const inSwarm = (
  source: Source,
  env: Env,
  asked: DownloadOptions,
  main: (
    swarm: TorrentSwarm,
    given: DownloadOptions & ListenPort,
    running: RunningDownload,
  ) => Observable<DownloadEvent>,
): Observable<Download> =>
  defer(() => {
    const options = optionsOf(asked);
    return scoped(listenPort(source, options), (port) => {
      const pex = isObservable(options.sources) || options.sources?.pex === undefined ? options.pex : false;
      const given = { ...options, ...port, pex, select: options.select ?? filesOf(source) };
      let hear: (event: DownloadEvent) => void = () => {};
      const peers = isMagnet(source) ? [...(options.peers ?? []), ...peersOf(source)] : options.peers;
      const swarm = torrentSwarm(source, env, { ...given, peers, report: (event) => hear(event) });
      const begun = (): boolean => isMagnet(source) || swarm.stats.picker !== undefined;
      let running: RunningDownload;
      const all$ = new Observable<DownloadEvent>((subscriber) => {
        hear = (event) => subscriber.next(event);
        const main$ = stoppable(main(swarm, given, running), options.stop$, swarm);
        const told$ = watched(main$, swarm, { news: port.news, begun });
        return (options.seed === undefined ? told$.pipe(doneLast) : told$).subscribe(subscriber);
      });
      return all$.pipe(
        connect((events$) => {
          running = new RunningDownload(swarm, events$);
          return announced(running, events$);
        }),
      );
    });
  });

/** Emits the download, and ends as its events do. */
const announced = (running: Download, events$: Observable<DownloadEvent>): Observable<Download> =>
  new Observable((subscriber) => {
    subscriber.next(running);
    return events$.subscribe({
      error: (cause: unknown) => subscriber.error(cause),
      complete: () => subscriber.complete(),
    });
  });
