import {
  concat,
  connect,
  defer,
  delay,
  EMPTY,
  endWith,
  filter,
  first,
  from,
  ignoreElements,
  last,
  merge,
  mergeMap,
  type Observable,
  repeat,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { UdpEndpoint } from '../../contracts/network.ts';
import type { NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { ID_LENGTH } from '../../protocol/encoding/id.ts';
import type { Family, Reply } from '../../protocol/dht/krpc.ts';
import { K } from './bucket.ts';
import { Lookup } from './lookup.ts';
import { SHORT_TIMEOUT, type FamilyNode } from './familyNode.ts';
import { runLookup } from './runLookup.ts';

/** Milliseconds between two checks of the table: while there is work, and when there is none. */
export const BUSY = 5000;
export const IDLE = 60_000;
/**
 * Milliseconds until joining is tried again: the first delay, the longest one, and the longest one while we know no
 * node at all.
 */
export const FIRST_REJOIN = 5_000;
export const LAST_REJOIN = 5 * 60_000;
export const LAST_WHILE_ALONE = 30_000;
/**
 * Milliseconds for which only the nodes of an earlier run are asked: if fewer than {@link FEW} have answered by then,
 * bootstrap nodes are asked, too.
 */
export const SAVED_FIRST = 5_000;
/**
 * How often each bootstrap node is asked in one attempt, and the milliseconds between: the network may come up after
 * us.
 */
const ASKS = 3;
const ASK_EVERY = 3_000;
/** Number of nodes below which we join again. */
export const FEW = 4;
/** Milliseconds until the user is told that no bootstrap node can be found, which may still change. */
export const LOST_AFTER = 4_000;
/** Maximum number of addresses of bootstrap nodes that are asked at the same time. */
const MAX_BOOTSTRAP = 16;

export interface MaintenanceOptions {
  readonly env: Pick<Env, 'resolve' | 'random' | 'randomBytes'>;
  /** Names or literals. */
  readonly bootstrap: readonly UdpEndpoint[];
  /** Nodes of an earlier run. */
  readonly saved: readonly NodeEndpoint[];
  readonly want: readonly Family[];
  /** Called if none of the bootstrap nodes' names can be resolved. */
  readonly lost?: () => void;
  /** Does no node of either address family answer? */
  readonly isAlone?: () => boolean;
}

const isOf = (family: Family) => (host: string) => host.includes(':') === (family === 6);

/** Looks up an id in order to learn about the nodes near it. */
export const explore = (
  side: FamilyNode,
  target: Uint8Array,
  want: readonly Family[],
  more: readonly NodeEndpoint[] = [],
): Observable<never> =>
  defer(() => {
    const lookup = new Lookup(target, side.table.id);
    lookup.add([...side.table.starts(target), ...more]);
    return runLookup(side, lookup, { method: 'find_node', target, want });
  }).pipe(ignoreElements());

/**
 * Asks the bootstrap nodes, three times while none answers; those that answer are in the table then. Some are gone for
 * good: when one has answered, the others have 1.5 s left.
 */
const bootstrapped = (side: FamilyNode, { env, bootstrap, want, lost }: MaintenanceOptions): Observable<never> => {
  const isOurs = isOf(side.family);
  let led = 0;
  const count = (hosts: readonly string[]): void => void (led += hosts.length);
  const unknown = (): void => {
    if (led === 0 && bootstrap.length > 0) lost?.();
  };
  const silence$ = timer(LOST_AFTER).pipe(tap(unknown), ignoreElements());
  const named$ = from(bootstrap).pipe(
    mergeMap(({ host, port }) =>
      env.resolve(host).pipe(
        tap(count),
        mergeMap((hosts) => hosts.filter(isOurs).map((each) => ({ host: each, port }))),
      ),
    ),
    tap({ complete: unknown }),
  );
  // A name server may be silent for longer than we wait.
  return named$.pipe(
    connect((known$) => merge(known$, silence$.pipe(takeUntil(known$.pipe(last(null, undefined)))))),
    mergeMap(
      (endpoint) => repeatedly(() => side.ask(endpoint, { method: 'find_node', target: side.table.id, want })),
      MAX_BOOTSTRAP,
    ),
    connect((answers$) =>
      answers$.pipe(
        takeUntil(
          answers$.pipe(
            first((answer) => answer !== 'slow', 'slow'),
            delay(SHORT_TIMEOUT),
          ),
        ),
      ),
    ),
    ignoreElements(),
  );
};

/** Repeats a query until it is answered; each attempt has its own timeout. */
const repeatedly = (ask: () => Observable<Reply | 'slow'>): Observable<Reply | 'slow'> =>
  timer(0, ASK_EVERY).pipe(
    take(ASKS),
    mergeMap(ask),
    takeWhile((answer) => answer === 'slow', true),
  );

/**
 * Looks up our own id: first from the nodes that we know, then, if that fails or takes longer than 5 s, from the
 * bootstrap nodes. Once these have led to other nodes, silent nodes of an earlier run are no longer waited for.
 */
const join = (side: FamilyNode, options: MaintenanceOptions): Observable<never> => {
  const { id } = side.table;
  const saved = options.saved.filter(({ host }) => isOf(side.family)(host));
  const known = (): void => {
    if (side.table.usable > 0) side.settled();
  };
  let isOver = false;
  const over = (): void => {
    isOver = true;
    known();
  };
  const enough = (): boolean => side.table.usable >= FEW;
  const walked$ = explore(side, id, options.want, saved).pipe(tap({ complete: over }), endWith('walked'));
  const late$ = timer(SAVED_FIRST).pipe(filter(() => !enough()));
  // While nodes of an earlier run keep us waiting, which may take a minute, bootstrap nodes are asked repeatedly.
  const helped$ = defer(() =>
    side.table.usable < K ? concat(bootstrapped(side, options), explore(side, id, options.want)) : EMPTY,
  ).pipe(
    tap({ complete: known }),
    endWith('helped'),
    repeat({ delay: () => (isOver || enough() ? EMPTY : timer(FIRST_REJOIN)) }),
  );
  return walked$.pipe(
    connect((walk$) =>
      merge(
        walk$,
        merge(walk$, late$).pipe(
          take(1),
          switchMap(() => helped$),
        ),
      ),
    ),
    takeWhile((what) => what === 'walked' || !enough()),
    ignoreElements(),
    tap({ complete: () => side.settled() }),
  );
};

/**
 * Maintains the table of one address family: joins the network, joins again when hardly a node is left, refreshes
 * buckets that have been quiet for 15 minutes, and pings questionable nodes while others wait for their places. Never
 * completes, never errors.
 */
export const maintenance = (side: FamilyNode, options: MaintenanceOptions): Observable<never> => {
  const { env, want, isAlone = () => false } = options;
  let fails = 0;
  const step = (): Observable<never> => {
    if (side.table.usable < FEW) {
      fails++;
      return join(side, options);
    }
    fails = 0;
    const target = side.table.due(now(), env.randomBytes(ID_LENGTH));
    const doubtful = side.table.doubtful(now());
    busy = target !== undefined || doubtful !== undefined;
    return merge(
      target ? explore(side, target, want) : EMPTY,
      doubtful ? side.ask(doubtful, { method: 'ping' }).pipe(ignoreElements()) : EMPTY,
    );
  };
  let busy = true;
  const pause = (): number => {
    if (fails > 0 && side.table.usable < FEW)
      return Math.min(isAlone() ? LAST_WHILE_ALONE : LAST_REJOIN, FIRST_REJOIN * 2 ** (fails - 1));
    return busy ? BUSY : IDLE;
  };
  return defer(step).pipe(repeat({ delay: () => timer(pause() * (0.75 + env.random() / 2)) }));
};
