import { catchError, EMPTY, isObservable, map, merge, type Observable, shareReplay, switchMap, tap } from 'rxjs';
import { checkOptions } from '../../contracts/checkOptions.ts';
import type { Warning } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { SourceGates } from '../../discovery/gates.ts';
import type { Gates, SourceOptions } from '../../discovery/peerSources.ts';
import type { Changing } from '../streams/changing.ts';
import { orAtFirst } from '../streams/orAtFirst.ts';

/** Replaces one of our sources: by none if false, or by one of your own. */
export type SourceChoice = false | Observable<PeerAddress>;

/** Sources of peers of your own. */
export interface OwnSources {
  /** Peers, beside those that our sources name. Until it has completed, the download waits for more. */
  readonly peers$?: Observable<PeerAddress> | undefined;
  /**
   * The replacement for each of our sources. Each value of a stream replaces the one before it: a source that is left
   * out is not asked any more, and one that comes back begins anew; peers that are there stay.
   */
  readonly sources?: Changing<SourceChoices> | undefined;
}

/** What is used of our sources, and what instead of them. */
export interface SourceChoices {
  readonly trackers?: SourceChoice;
  /** Whether it names peers: a node that is there all the same stays, and answers. */
  readonly dht?: SourceChoice;
  readonly lsd?: SourceChoice;
  /** Of a stream of choices it says whether addresses that peers name are used; we go on naming them to peers. */
  readonly pex?: SourceChoice;
  /** Peers beside those that our sources name. */
  readonly own?: Observable<PeerAddress> | undefined;
}

const failed =
  (report: (warning: Warning) => void) =>
  (error: unknown): Observable<never> => {
    const message = error instanceof Error ? error.message : String(error);
    report({ type: 'warning', code: 'source-failed', message: `a source of peers has failed: ${message}` });
    return EMPTY;
  };

type Chosen = Pick<SourceOptions, 'trackers' | 'dht$' | 'lsd'> & { readonly pex?: boolean | undefined };

/**
 * The options of those of our sources that stay, and all other sources as one stream. The error of a source is a
 * warning, and ends that source only.
 */
export const sourceChoice = (
  { peers$, sources: given = {}, trackers, dht$, lsd, pex }: OwnSources & Chosen,
  report: (warning: Warning) => void,
): Chosen & { readonly peers$: Observable<PeerAddress> } => {
  const sources = isObservable(given) ? {} : given;
  const own = [peers$, sources.own, sources.trackers, sources.dht, sources.lsd, sources.pex].filter((source) =>
    isObservable(source),
  );
  return {
    peers$: own.length === 0 ? EMPTY : merge(...own.map((source$) => source$.pipe(catchError(failed(report))))),
    trackers: sources.trackers === undefined ? trackers : [],
    dht$: sources.dht === undefined ? dht$ : undefined,
    lsd: sources.lsd === undefined ? lsd : false,
    pex: sources.pex === undefined ? pex : false,
  };
};

/** What names peers beside our sources, and which of ours are used as that changes. */
export interface Swapping {
  readonly gates?: Gates;
  /** Callers. What the user names is for private torrents, too, as they are. */
  readonly calls$: Observable<PeerAddress>;
  /** What peers name. */
  readonly told$: Observable<PeerAddress>;
}

const OURS = ['trackers', 'dht', 'lsd', 'pex'] as const;

/** Follows `sources` if it is a stream. `changed` is called when a source has nothing to name any more. */
export const swapping = (
  sources: OwnSources['sources'],
  { calls$, told$ }: Swapping,
  report: (warning: Warning) => void,
  changed: () => void,
): Swapping => {
  if (!isObservable(sources)) return { calls$, told$ };
  const gates = new SourceGates(changed);
  const last$ = sources.pipe(
    tap((choices) => checkOptions({ sources: choices })),
    orAtFirst<SourceChoices>({}),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const used$ = (name: (typeof OURS)[number]): Observable<boolean> =>
    last$.pipe(map((choices) => choices[name] === undefined));
  const own = (name: keyof SourceChoices): Observable<PeerAddress> => {
    const sources$ = last$.pipe(map((choices) => choices[name]));
    return gates.swapped(sources$.pipe(map((source) => (isObservable(source) ? source : EMPTY))), failed(report));
  };
  return {
    gates: {
      trackers: gates.gate(used$('trackers')),
      dht: gates.gate(used$('dht')),
      lsd: gates.gate(used$('lsd')),
      waits: () => gates.waits,
    },
    calls$: merge(calls$, ...(['own', ...OURS] as const).map(own)),
    told$: used$('pex').pipe(switchMap((used) => (used ? told$ : EMPTY))),
  };
};
