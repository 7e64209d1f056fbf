import { BLOCK } from '../../src/torrent/geometry.ts';
import { seeded } from '../random.ts';
import type { NatKind } from '../network/nat.ts';
import type { DiskPlan, Fate, PlayerKind, SwarmHost, SwarmPlan } from './plan.ts';

const PLAYERS: readonly PlayerKind[] = [
  'honest',
  'corrupts',
  'neverUnchokes',
  'stalls',
  'hangsUp',
  'chokes',
  'silent',
  'garbage',
  'wrongInfoHash',
];
const ENDS = ['crashes', 'vanishes', 'freezes', 'leaves'] as const;
/** Hosts of ours besides the seed, and players, at most. */
const [MOST_HOSTS, MOST_PLAYERS] = [5, 3];

/** Draws by a seed. */
class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed * 7919 + 1);
  }

  /** Is it so, with this chance? */
  is(chance: number): boolean {
    return this.#random() < chance;
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  /** As likely between 1 and 10 as between 10 and 100; to two digits. */
  scaled(from: number, to: number): number {
    return Number((from * (to / from) ** this.#random()).toPrecision(2));
  }

  one<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }
}

const lineOf = (dice: Dice): SwarmHost => ({
  ...(dice.is(0.8) && { up: dice.scaled(30_000, 3_000_000) }),
  ...(dice.is(0.6) && { down: dice.scaled(100_000, 10_000_000) }),
  delay: Math.round(dice.scaled(1, 150)),
  ...(dice.is(0.3) && { loss: dice.scaled(0.0005, 0.03) }),
  ...(dice.is(0.2) && { buffer: dice.scaled(20_000, 500_000) }),
  ...(dice.is(0.15) && { jitter: dice.whole(1, 100) }),
  ...(dice.is(0.1) && { duplicates: dice.scaled(0.01, 0.3) }),
});

const NATS: readonly NatKind[] = ['full-cone', 'restricted', 'port-restricted', 'symmetric'];
const FINDS: readonly NonNullable<SwarmPlan['finds']>[] = [['http'], ['http'], ['udp'], ['http', 'udp'], ['dht']];

const fateOf = (dice: Dice, joins: number): readonly Fate[] => {
  const fate: Fate[] = [];
  let at = joins + dice.whole(100, 20_000);
  for (let more = dice.whole(1, 2); more > 0; more--) {
    fate.push({ at, does: dice.one(ENDS) });
    at += dice.scaled(500, 120_000);
    fate.push({ at, does: 'returns' });
    at += dice.scaled(500, 20_000);
  }
  return dice.is(0.15) ? fate.slice(0, -1) : fate;
};

/** A clock that is set, by seconds or by hours. */
const jumping = (dice: Dice, fate: readonly Fate[] = []): readonly Fate[] => {
  const by = Math.round(dice.scaled(1_000, 20_000_000)) * (dice.is(0.5) ? 1 : -1);
  return [...fate, { at: dice.whole(100, 30_000), does: 'jumps', by }];
};

/** A disk that fails or is slow for a while; whoever has to begins the program again. */
const failing = (
  dice: Dice,
  works: readonly ('write' | 'read')[],
  disk: DiskPlan = {},
): Pick<SwarmHost, 'disk' | 'fate'> => {
  const from = dice.whole(100, 20_000);
  const to = from + dice.scaled(100, 30_000);
  if (dice.is(0.4)) return { disk: { ...disk, slow: { from, to, takes: dice.whole(300, 5_000) } } };
  const fails = { from, to, work: dice.one(works) };
  return { disk: { ...disk, fails }, fate: [{ at: to + dice.whole(1, 20_000), does: 'returns' }] };
};

const diskOf = (dice: Dice): DiskPlan => {
  const first = dice.whole(1, 8);
  return {
    ...(dice.is(0.5) && { takes: dice.whole(2, 200) }),
    ...(dice.is(0.4) && { full: [first, first + dice.whole(0, 2)] as const }),
  };
};

const clientOf = (dice: Dice, pieces: number): SwarmHost => {
  const joins = dice.is(0.3) ? dice.whole(1, 30_000) : 0;
  return {
    ...lineOf(dice),
    ...(joins > 0 && { joins }),
    ...(dice.is(0.3) && { has: Array.from({ length: pieces }, (_, piece) => piece).filter(() => dice.is(0.5)) }),
    ...(dice.is(0.3) && { fate: fateOf(dice, joins) }),
    ...(dice.is(0.25) && { disk: diskOf(dice) }),
    ...(dice.is(0.15) && { nat: dice.one(NATS) }),
    ...(dice.is(0.2) && { slots: dice.whole(1, 3) }),
  };
};

/**
 * A swarm drawn by chance: sizes, rates, ways, losses, faults and players. One client has all and stays, so everybody
 * who stays can complete. The same seed gives the same plan.
 */
export const randomSwarm = (seed: number): SwarmPlan => {
  const dice = new Dice(seed);
  const torrent = {
    pieces: dice.whole(1, 16),
    blocksPerPiece: dice.one([1, 1, 2, 3, 4, 8]),
    ...(dice.is(0.7) && { lastBlock: dice.one([1, 100, 16_383, dice.whole(1, 16_384)]) }),
  };
  const clients = Array.from({ length: dice.whole(1, MOST_HOSTS) }, () => clientOf(dice, torrent.pieces));
  const players = Array.from(
    { length: dice.is(0.5) ? dice.whole(1, MOST_PLAYERS) : 0 },
    (): SwarmHost => ({ ...lineOf(dice), plays: dice.one(PLAYERS) }),
  );
  const first = { ...lineOf(dice), has: 'all' as const, ...(dice.is(0.3) && { slots: dice.whole(1, 3) }) };
  const hosts = [first, ...clients, ...players];
  const finds = dice.one(FINDS);
  // Drawn last, so that everything else is as it would be without.
  for (const [nth, host] of hosts.entries())
    if (host.plays === undefined && dice.is(0.08)) hosts[nth] = { ...host, fate: jumping(dice, host.fate) };
    else if (host.plays === undefined && host.fate === undefined && dice.is(0.08))
      hosts[nth] = { ...host, ...failing(dice, nth === 0 ? ['read'] : ['write', 'read'], host.disk) };
  const pieceLength = torrent.blocksPerPiece * BLOCK;
  for (const [nth, host] of hosts.entries())
    if (host.plays === undefined && dice.is(0.15))
      hosts[nth] = { ...host, memory: dice.whole(2, torrent.pieces + 1) * pieceLength };
  // A player is named by the tracker only.
  return { seed, torrent, hosts, ...(finds[0] !== 'http' && { finds }), within: 3_000 };
};
