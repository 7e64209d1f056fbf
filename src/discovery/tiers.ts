/** Trackers of one torrent; what is beyond is not asked. */
export const MAX_TRACKERS = 100;

/** What is remembered of one tracker. */
export interface Tracker {
  readonly url: string;
  /** Counted from 0. */
  readonly tier: number;
  /** It has accepted our `started`. */
  started: boolean;
  /** To be echoed, as it gave it. */
  id: Uint8Array | undefined;
  /** Not to be asked before, in ms: it said so. */
  restsUntil: number;
  /** Asked after all others until then, in ms: it failed where another one answered. */
  lastUntil: number;
  /** Where the question to it stands: `late` when the others are asked meanwhile. */
  asked: 'no' | 'now' | 'late';
  /** Since its last answer. */
  failures: number;
  /** When it answered last, and when it is asked again, in ms. */
  lastAnswer?: number;
  nextAnnounce?: number;
  /** What it said last. */
  counts: { readonly peers?: number; readonly seeds?: number; readonly leechers?: number };
}

/**
 * Whom to ask, in which order. BEP 12: tiers one after the other, by chance within a tier, whoever answers comes to the
 * front of its tier. It depends on: who answered, who failed while another answered, who asked to be left alone, who is
 * gone for good. Invariants: each URL is in exactly one tier and there once; no tier is empty; at most 100 in all.
 */
export class Tiers {
  #tiers: Tracker[][] = [];

  constructor(tiers: readonly (readonly string[])[], random: () => number) {
    const known = new Set<string>();
    for (const tier of tiers) {
      const fresh = tier.filter((url) => known.size < MAX_TRACKERS && !known.has(url) && known.add(url));
      const at = this.#tiers.length;
      if (fresh.length > 0) this.#tiers.push(shuffled(fresh, random).map((url) => unasked(url, at)));
    }
  }

  get all(): readonly Tracker[] {
    return this.#tiers.flat();
  }

  /** Those that may be asked now and are not being asked, in order. */
  ready(now: number): readonly Tracker[] {
    const ready = this.all.filter(({ restsUntil, asked }) => restsUntil <= now && asked === 'no');
    return [...ready.filter(({ lastUntil }) => lastUntil <= now), ...ready.filter(({ lastUntil }) => lastUntil > now)];
  }

  /** Milliseconds until anyone may be asked; 0 if one may be now. */
  rest(now: number): number {
    return Math.max(0, Math.min(...this.all.map(({ restsUntil }) => restsUntil)) - now);
  }

  /** It goes to the front of its tier; those that failed before it in this round are asked after it until then. */
  answered(tracker: Tracker, failed: readonly Tracker[], until: number): void {
    const tier = this.#tiers.find((trackers) => trackers.includes(tracker));
    if (tier === undefined) return;
    tier.splice(tier.indexOf(tracker), 1);
    tier.unshift(tracker);
    tracker.lastUntil = 0;
    for (const other of failed) other.lastUntil = until;
  }

  /** It is never asked again. */
  dropped(tracker: Tracker): void {
    this.#tiers = this.#tiers.map((tier) => tier.filter((other) => other !== tracker)).filter((tier) => tier.length > 0);
  }

  check(): void {
    const urls = this.all.map(({ url }) => url);
    if (new Set(urls).size !== urls.length || urls.length > MAX_TRACKERS || this.#tiers.some((tier) => tier.length === 0))
      throw new RangeError(`tiers: ${urls.join(' ')}`);
  }
}

const unasked = (url: string, tier: number): Tracker => ({
  url,
  tier,
  started: false,
  id: undefined,
  restsUntil: 0,
  lastUntil: 0,
  asked: 'no',
  failures: 0,
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
