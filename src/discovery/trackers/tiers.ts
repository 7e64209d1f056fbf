import type { TrackerStatus } from '../../contracts/events.ts';
import { Reasons } from './reasons.ts';

/** Maximum number of trackers of one torrent; any more are not asked. */
export const MAX_TRACKERS = 100;

/** What is remembered about one tracker. */
export interface Tracker {
  readonly url: string;
  /** The number of its tier, from 0. */
  readonly tier: number;
  /** The tracker has accepted our `started`. */
  started: boolean;
  /** The tracker does not accept port 0. */
  insists: boolean;
  /** The tracker id that it sent, which is sent back unchanged. */
  id: Uint8Array | undefined;
  /** The tracker must not be asked before this time, in ms, as it has said. */
  restsUntil: number;
  /** The state of the request to it: `late` if it has been silent for so long that it counts as failing. */
  asked: 'no' | 'now' | 'late';
  /** What was last told of it; undefined until it is asked for the first time. */
  state: TrackerStatus['state'] | undefined;
  /** The error of the last announce, unless it answered. */
  error: TrackerStatus['error'] | undefined;
  /** Number of failures since its last answer. */
  failures: number;
  /** Time of its last answer, and of the next request, in ms. */
  lastAnswer?: number;
  nextAnnounce?: number;
  /** Failures since its last answer, and warnings from it, that the user has been told. */
  readonly warned: Reasons;
  readonly advised: Reasons;
  /** The counts of its last answer. */
  counts: { readonly peers?: number; readonly seeds?: number; readonly leechers?: number };
}

/**
 * The trackers of one tier, which share what they know, and the order in which they are asked: random at first, and the
 * one that answers comes to the front (BEP 12). Depends on which one answered, which asked us to wait, and which is
 * gone for good. Invariant: each URL occurs once.
 */
export class Tier {
  readonly #trackers: Tracker[];
  #dropped: Tracker[] | undefined;

  constructor(urls: readonly string[], at: number, random: () => number) {
    this.#trackers = shuffled(urls, random).map((url) => unasked(url, at));
  }

  get all(): readonly Tracker[] {
    return this.#trackers;
  }

  /** What is known of all of them that have been asked, and of those that are never asked again. */
  get statuses(): readonly TrackerStatus[] {
    return [...this.#trackers, ...(this.#dropped ?? [])].flatMap((tracker) => statusOf(tracker) ?? []);
  }

  /** The trackers that may be asked now and are not being asked, in order. */
  ready(now: number): readonly Tracker[] {
    return this.#trackers.filter(({ restsUntil, asked }) => restsUntil <= now && asked === 'no');
  }

  /** Milliseconds until a tracker may be asked; 0 if one may be asked now. */
  rest(now: number): number {
    return Math.max(0, Math.min(...this.#trackers.map(({ restsUntil }) => restsUntil)) - now);
  }

  /** Moves a tracker that has answered to the front. */
  answered(tracker: Tracker): void {
    if (this.#remove(tracker)) this.#trackers.unshift(tracker);
  }

  /** Removes a tracker, which is never asked again. */
  dropped(tracker: Tracker): void {
    if (this.#remove(tracker)) (this.#dropped ??= []).push(tracker);
  }

  #remove(tracker: Tracker): boolean {
    const at = this.#trackers.indexOf(tracker);
    if (at >= 0) this.#trackers.splice(at, 1);
    return at >= 0;
  }

  check(): void {
    const urls = this.#trackers.map(({ url }) => url);
    if (new Set(urls).size !== urls.length || urls.length > MAX_TRACKERS)
      throw new RangeError(`a tier: ${urls.join(' ')}`);
  }
}

/** What is known of a tracker; undefined before it is first asked. */
export const statusOf = (tracker: Tracker): TrackerStatus | undefined => {
  const { url, tier, state, failures, error, lastAnswer, nextAnnounce, counts } = tracker;
  if (state === undefined) return undefined;
  const times = {
    ...(lastAnswer === undefined ? {} : { lastAnswer }),
    ...(nextAnnounce === undefined ? {} : { nextAnnounce }),
  };
  const failed = error === undefined ? {} : { error };
  return { type: 'tracker', url, tier, state, failures, ...failed, ...times, ...counts };
};

/**
 * The tiers of a torrent: each URL is in the first tier that names it, no tier is empty, and there are at most 100 URLs
 * in all.
 */
export const tiersOf = (tiers: readonly (readonly string[])[], random: () => number): readonly Tier[] => {
  const known = new Set<string>();
  const made: Tier[] = [];
  for (const urls of tiers) {
    const fresh = urls.filter((url) => known.size < MAX_TRACKERS && !known.has(url) && known.add(url));
    if (fresh.length > 0) made.push(new Tier(fresh, made.length, random));
  }
  return made;
};

const unasked = (url: string, tier: number): Tracker => ({
  url,
  tier,
  started: false,
  insists: false,
  id: undefined,
  restsUntil: 0,
  asked: 'no',
  state: undefined,
  error: undefined,
  failures: 0,
  warned: new Reasons(),
  advised: new Reasons(),
  counts: {},
});

const shuffled = <T>(items: readonly T[], random: () => number): T[] => {
  const row = [...items];
  for (let last = row.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [row[last], row[other]] = [row[other] as T, row[last] as T];
  }
  return row;
};
