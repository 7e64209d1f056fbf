import { catchError, EMPTY, isObservable, merge, type Observable } from 'rxjs';
import type { Warning } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import type { SourceOptions } from '../../discovery/peerSources.ts';

/** Replaces one of our sources: by none if false, or by one of your own. */
export type SourceChoice = false | Observable<PeerAddress>;

/** Sources of peers of your own. */
export interface OwnSources {
  /** Peers, beside those that our sources name. Until it has completed, the download waits for more. */
  readonly peers$?: Observable<PeerAddress> | undefined;
  /** The replacement for each of our sources. */
  readonly sources?:
    | {
        readonly trackers?: SourceChoice;
        readonly dht?: SourceChoice;
        readonly lsd?: SourceChoice;
        readonly pex?: SourceChoice;
      }
    | undefined;
}

type Chosen = Pick<SourceOptions, 'trackers' | 'dht$' | 'lsd'> & { readonly pex?: boolean | undefined };

/**
 * The options of those of our sources that stay, and all other sources as one stream. The error of a source is a
 * warning, and ends that source only.
 */
export const sourceChoice = (
  { peers$, sources = {}, trackers, dht$, lsd, pex }: OwnSources & Chosen,
  report: (warning: Warning) => void,
): Chosen & { readonly peers$: Observable<PeerAddress> } => {
  const failed = (error: unknown): Observable<never> => {
    const message = error instanceof Error ? error.message : String(error);
    report({ type: 'warning', code: 'source-failed', message: `a source of peers has failed: ${message}` });
    return EMPTY;
  };
  const own = [peers$, sources.trackers, sources.dht, sources.lsd, sources.pex].filter((source) =>
    isObservable(source),
  );
  return {
    peers$: own.length === 0 ? EMPTY : merge(...own.map((source$) => source$.pipe(catchError(failed)))),
    trackers: sources.trackers === undefined ? trackers : [],
    dht$: sources.dht === undefined ? dht$ : undefined,
    lsd: sources.lsd === undefined ? lsd : false,
    pex: sources.pex === undefined ? pex : false,
  };
};
