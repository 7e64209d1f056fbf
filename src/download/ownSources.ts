import { catchError, EMPTY, isObservable, merge, type Observable } from 'rxjs';
import type { Warning } from '../contracts/events.ts';
import type { PeerAddress } from '../contracts/network.ts';
import type { SourceOptions } from '../discovery/peerSources.ts';

/** Instead of one of our sources: none if false, or one of your own. */
export type SourceChoice = false | Observable<PeerAddress>;

/** Sources of peers of your own. */
export interface OwnSources {
  /** Peers, beside those that our sources name. As long as it has not completed, others may come. */
  readonly peers$?: Observable<PeerAddress> | undefined;
  /** What takes the place of which of our sources. */
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
 * The options of those of our sources that stay, and all others as one stream: its failures are warnings, and end
 * nothing but the source that failed.
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
