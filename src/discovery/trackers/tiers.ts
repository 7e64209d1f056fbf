import { Reasons } from './reasons.ts';

/** Trackers of one torrent; what is beyond is not asked. */
export const MAX_TRACKERS = 100;

/** What is remembered of one tracker. */
export interface Tracker {
  readonly url: string;
  /** Counted from 0. */
  readonly tier: number;
  /** It has accepted our `started`. */
  started: boolean;
  /** It does not take 0 for a port. */
  insists: boolean;
  /** To be echoed, as it gave it. */
  id: Uint8Array | undefined;
  /** Not to be asked before, in ms: it said so. */
  restsUntil: number;
  /** Where the question to it stands: `late` when it has been silent for so long that it counts as failing. */
  asked: 'no' | 'now' | 'late';
  /** Since its last answer. */
  failures: number;
  /** When it answered last, and when it is asked again, in ms. */
  lastAnswer?: number;
  nextAnnounce?: number;
  /** Why it has failed since its last answer, and of what it has warned us, as the user knows. */
  readonly warned: Reasons;
  readonly advised: Reasons;
  /** What it said last. */
  counts: { readonly peers?: number; readonly seeds?: number; readonly leechers?: number };
}

/**
 * The trackers of one tier, which share what they know: whom to ask, in which order. BEP 12: by chance, and the one
 * that answers comes to the front. It depends on: which one answered, which asked to be left alone, which is gone for
 * good. Invariant: each URL is there once.
 */
export class Tier {
  readonly #trackers: Tracker[];

  constructor(urls: readonly string[], at: number, random: () => number) {
    this.#trackers = shuffled(urls, random).map((url) => unasked(url, at));
  }

  get all(): readonly Tracker[] {
    return this.#trackers;
  }

  /** Those that may be asked now and are not being asked, in order. */
  ready(now: number): readonly Tracker[] {
    return this.#trackers.filter(({ restsUntil, asked }) => restsUntil <= now && asked === 'no');
  }

  /** Milliseconds until anyone may be asked; 0 if one may be now. */
  rest(now: number): number {
    return Math.max(0, Math.min(...this.#trackers.map(({ restsUntil }) => restsUntil)) - now);
  }

  /** It goes to the front. */
  answered(tracker: Tracker): void {
    if (this.#remove(tracker)) this.#trackers.unshift(tracker);
  }

  /** It is never asked again. */
  dropped(tracker: Tracker): void {
    this.#remove(tracker);
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

/**
 * The tiers of a torrent: each URL is in the first that names it, none is empty, and there are at most 100 URLs in all.
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
