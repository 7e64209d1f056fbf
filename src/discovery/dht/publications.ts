import {
  defaultIfEmpty,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  map,
  type Observable,
  of,
  reduce,
  repeat,
  switchMap,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { keyTarget, publicKeyOf } from '../../protocol/dht/item.ts';
import { type Publication, publicationItem, publicationOf, type PublisherKey } from '../../protocol/dht/publication.ts';
import { equalIds } from '../../protocol/encoding/id.ts';
import type { DhtNode } from './nodeContract.ts';

/** Milliseconds between two looks for a newer torrent. */
export const LOOK_EVERY = 10 * 60_000;
/** Milliseconds before another try for a key that was not found, or nodes that take an item; then twice that. */
export const LOOK_AGAIN = 5000;
/** Milliseconds between two puts: other nodes keep an item for two hours. BEP 44. */
export const PUT_EVERY = 60 * 60_000;

/** Milliseconds before another try, after `count` that were in vain. */
const afterTries = (count: number, most: number): number => Math.min(most, LOOK_AGAIN * 2 ** Math.min(count - 1, 20));

/** What of a node is needed for it. */
export type ItemNode = Pick<DhtNode, 'getItem' | 'putItem'>;

/** What `publisher` names now, by one lookup: the newest answer, once the lookup is over; nothing if there is none. */
const newest = (node: ItemNode, { key, salt }: PublisherKey): Observable<Publication> =>
  (node.getItem?.(keyTarget(key, salt), salt) ?? EMPTY).pipe(
    map(publicationOf),
    filter((found) => found !== undefined),
    reduce((last, found) => (found.seq > last.seq ? found : last)),
  );

/**
 * Follows a publisher's key: the torrent that it names, and each newer one.
 *
 * ```
 *   lookups  --(a|)        -(b|)     --(a|)
 *   gives    --a---- 10m ---b---- 10m ------
 * ```
 *
 * Looks at once, and every ten minutes; while nothing was found, after 5, 10, 20 … seconds. Emits `undefined` when a
 * lookup has found nothing before anything was found, so that a caller may give up. An older version than one that was
 * emitted is not emitted, nor one before `since`, the version that is known already. Never completes, and never errors.
 * BEP 46.
 *
 * @example followKey(node$, { key }).subscribe((found) => console.log(found?.seq, found?.infoHash))
 */
export const followKey = (
  node$: Observable<ItemNode>,
  publisher: PublisherKey,
  since = 0,
): Observable<Publication | undefined> =>
  node$.pipe(
    switchMap((node) => {
      let last: Publication | undefined;
      const look$ = defer(() => newest(node, publisher)).pipe(
        filter(({ seq }) => seq > (last?.seq ?? since - 1)),
        defaultIfEmpty(undefined),
        map((found) => (last = found ?? last)),
      );
      const pause = (count: number): number => (last === undefined ? afterTries(count, LOOK_EVERY) : LOOK_EVERY);
      return look$.pipe(repeat({ delay: (count) => timer(pause(count)) }));
    }),
    distinctUntilChanged((one, other) => one !== undefined && one === other),
  );

/** One put. */
export interface Published extends Publication {
  /** How many nodes have taken it. */
  readonly nodes: number;
}

/** Another program with the same key has published something newer: what we have would replace it. */
export interface Outdated {
  readonly outdated: Publication;
}

/**
 * Names a torrent by a publisher's key, again and again, since nodes forget it after two hours; sooner if no node has
 * taken it.
 *
 * ```
 *   lookups  --(a|)
 *   puts           -(5|)          -(5|)
 *   gives    -------b------- 1h ---b----
 * ```
 *
 * Looks first for what the key names now: the same torrent keeps its version, and another one gets a version above it
 * and not below `least`, which is for a version that has been forgotten. Emits each put. If something newer than ours
 * has come meanwhile it emits that it is outdated, and completes. Never errors. BEP 46.
 */
export const publishKey = (
  node$: Observable<ItemNode>,
  infoHash: Uint8Array,
  { seed, salt, least }: { readonly seed: Uint8Array; readonly salt?: Uint8Array | undefined; readonly least: number },
): Observable<Published | Outdated> => {
  const publisher = { key: publicKeyOf(seed), ...(salt && { salt }) };
  return node$.pipe(
    switchMap((node) => {
      let ours: Publication | undefined;
      const versionAfter = (found: Publication | undefined): Publication => {
        const same = found !== undefined && equalIds(found.infoHash, infoHash);
        if (ours !== undefined && !(same && found.seq > ours.seq)) return ours;
        return same ? found : { infoHash, seq: Math.max((found?.seq ?? 0) + 1, least) };
      };
      const put = (version: Publication): Observable<Published> => {
        ours = version;
        const item = publicationItem(version, { seed, salt });
        return (node.putItem?.(item) ?? of(0)).pipe(map((nodes) => ({ ...version, nodes })));
      };
      const round$ = defer(() => newest(node, publisher)).pipe(
        defaultIfEmpty(undefined),
        switchMap((found): Observable<Published | Outdated> => {
          const outdated = ours !== undefined && found !== undefined && found.seq > ours.seq;
          return outdated && !equalIds(found.infoHash, infoHash) ? of({ outdated: found }) : put(versionAfter(found));
        }),
      );
      let taken = 0;
      return round$.pipe(
        tap((round) => (taken = 'nodes' in round ? round.nodes : 0)),
        repeat({ delay: (count) => timer(taken > 0 ? PUT_EVERY : afterTries(count, PUT_EVERY)) }),
      );
    }),
    takeWhile((round) => 'nodes' in round, true),
  );
};
