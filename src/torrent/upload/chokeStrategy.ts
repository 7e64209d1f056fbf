/** A peer that wants something of us, as a choke strategy sees it; lent, do not keep it. Times are in milliseconds. */
export interface Contender {
  readonly address: { readonly host: string; readonly port: number };
  /** The reason why it is unchoked; undefined if it is choked. */
  readonly served: string | undefined;
  /** For how long it has been unchoked, or choked. */
  readonly since: number;
  /** For how long it has been connected. */
  readonly age: number;
  /** Bytes a second that it uploaded to us, and downloaded from us, over the last two rounds. */
  readonly gives: number;
  readonly gets: number;
  /** Bytes that it has downloaded since it was unchoked. */
  readonly got: number;
  /** It has what we want and has sent nothing for a minute. */
  readonly snubs: boolean;
}

/** What a choice depends on besides the peers. */
export interface Occasion {
  /** Upload slots. */
  readonly slots: number;
  /** We want nothing: what peers upload does not count. */
  readonly seeding: boolean;
  readonly pieceLength: number;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/**
 * Returns the peers that are served until the next round, ten seconds later, each with the reason, in a word for the
 * user. Only the first `slots` of them are served. A peer that is not named is choked at once, and gets nothing: no
 * free slot, and no allowed-fast piece (BEP 6). When a peer becomes interested while a slot is free the strategy is
 * called with all peers, and the newcomer is served if it is named, once a second at most; likewise when a peer leaves
 * its slot, for those that wait.
 */
export interface ChokeStrategy {
  (contenders: readonly Contender[], occasion: Occasion): ReadonlyMap<Contender, string>;
  /**
   * Leaves the remaining slots to the choker: between rounds a free slot goes to any peer that becomes interested,
   * and the slot of one that leaves to the one that has waited longest, without a call; choked peers with few pieces
   * may have some (BEP 6). Our strategies do; one that wraps them does not, unless it says so.
   */
  readonly sharesRest?: boolean;
}

const sharing = (strategy: ChokeStrategy): ChokeStrategy => Object.assign(strategy, { sharesRest: true });

/** One slot in this many is optimistic, and at least one. */
const SLOTS_PER_OPTIMIST = 5;
/** An optimistic unchoke: three rounds. */
const OPTIMISTIC_FOR = 30_000;
/** A new peer has nothing to upload yet, and three times the chance. */
const NEW_FOR = 60_000;
const NEW_CHANCES = 3;
/**
 * A turn while seeding: this many pieces and at least a minute, but if others wait at most three minutes, and only
 * while the peer downloads.
 */
const TURN_PIECES = 20;
const TURN = 60_000;
const LONGEST_TURN = 180_000;

/**
 * While downloading: serves the peers that upload most to us, and some by chance, for 30 s each, to find peers that
 * have nothing yet, or would upload more. A peer that has sent nothing for a minute although it could is served by
 * chance only. BEP 3.
 */
export const titForTat: ChokeStrategy = sharing((contenders, { slots, random }) => {
  const chosen = new Map<Contender, string>();
  const optimists = Math.min(slots, Math.max(1, Math.floor(slots / SLOTS_PER_OPTIMIST)));
  const givers = contenders.filter(({ gives, snubs }) => gives > 0 && !snubs).sort((a, b) => b.gives - a.gives);
  for (const giver of givers.slice(0, slots - optimists)) chosen.set(giver, 'gives');
  const others = contenders.filter((one) => !chosen.has(one));
  const begun = others
    .filter(({ served, since }) => served === 'optimistic' && since < OPTIMISTIC_FOR)
    .slice(0, optimists);
  for (const one of begun) chosen.set(one, 'optimistic');
  const served = others.filter((one) => one.served === 'optimistic' && !chosen.has(one));
  const fresh = others.filter((one) => one.served !== 'optimistic');
  for (const one of [...drawn(fresh, random), ...drawn(served, random)].slice(0, optimists - begun.length))
    chosen.set(one, 'optimistic');
  const rest = others.filter((one) => !chosen.has(one) && !one.snubs);
  // Peers that are served already first, then those that have waited longest.
  rest.sort((a, b) => Number(b.served !== undefined) - Number(a.served !== undefined) || b.since - a.since);
  for (const one of rest.slice(0, Math.max(0, slots - chosen.size))) chosen.set(one, 'free-slot');
  return chosen;
});

/**
 * While seeding: serves all peers in turn, the one that has waited longest first. A turn is over after twenty pieces,
 * but not within a minute; after three minutes; or when the peer downloads nothing. It goes on while no peer waits.
 */
export const takingTurns: ChokeStrategy = sharing((contenders, { slots, pieceLength }) => {
  const isOver = ({ since, got, gets }: Contender): boolean =>
    since >= TURN && (gets === 0 || got >= TURN_PIECES * pieceLength || since >= LONGEST_TURN);
  const served = contenders.filter((one) => one.served !== undefined);
  const waiting = contenders.filter((one) => one.served === undefined).sort((a, b) => b.since - a.since);
  const order = [
    ...served.filter((one) => !isOver(one)),
    ...waiting,
    ...served.filter(isOver).sort((a, b) => a.since - b.since),
  ];
  return new Map(order.slice(0, slots).map((one) => [one, 'turn']));
});

/** {@link titForTat} while downloading, {@link takingTurns} while seeding. */
export const fairExchange: ChokeStrategy = sharing((contenders, occasion) =>
  (occasion.seeding ? takingTurns : titForTat)(contenders, occasion),
);

/** All of them, in random order. */
const drawn = (contenders: readonly Contender[], random: () => number): readonly Contender[] => {
  const order = contenders.map((one) => ({ one, place: random() ** (1 / (one.age < NEW_FOR ? NEW_CHANCES : 1)) }));
  return order.sort((a, b) => b.place - a.place).map(({ one }) => one);
};
