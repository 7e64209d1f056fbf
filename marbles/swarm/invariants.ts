import { StorageError } from '../../src/contracts/errors.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import { MEMORY } from '../../src/download/parts.ts';
import { torrentOf } from '../torrent.ts';
import { draftsWithin } from './heldPieces.ts';
import { addressOf, isThereAtTheEnd, lastOf, type SwarmHost, type SwarmPlan } from './plan.ts';
import type { SwarmRun } from './run.ts';

/** Says what is wrong with a run: nothing, if all is well. */
export type Invariant = (run: SwarmRun) => readonly string[];

const MiB = 2 ** 20;
/** How much longer than the lines demand everybody may take, and how many seconds besides, in peace and in trouble. */
const TIMES_THE_BOUND = 4;
const [PEACE, TROUBLE] = [45, 420];
/** Seconds for two more lookups in the DHT: a host that nobody can call finds there who came after its first one. */
const LOOKUPS = 900;
/** The share of a torrent that may come twice, and blocks besides: the endgame, and what was late. */
const [TWICE, TWICE_BESIDES] = [0.6, 16 * 16_384];
/** Milliseconds within which everybody who is interested is unchoked, if there are no more peers than this. */
const [TURN, FEW] = [120_000, 8];
/** A turn takes a minute, or up to three of a slow peer, and is over with the next round. */
const TURN_OF_EACH = 180_000 + 10_000;
/**
 * Connections of a client: peers, and callers that have said nothing yet; two of a host if both have dialled. It calls
 * itself, once, if it is told of an address that is its own.
 */
const [MOST_WIRES, WIRES_EACH] = [200 + 100, 2];
/**
 * Timers of a client: its own, for trackers, dials, samples and the DHT, and those of each of its connections. A DHT
 * node asks several others at one time, and waits for each of them.
 */
const [MOST_TIMERS, TIMERS_EACH] = [40, 10];
/** Bytes written beyond a buffer: a write of 256 KiB at the most finds out that it is full, and little follows. */
const MOST_EXCESS = 262_144 + 65_536;
/** Why a client bans. */
const BANS = ['malformed', 'oversized', 'unexpected', 'corrupt'];

const isHonest = ({ plays }: SwarmHost): boolean => plays === undefined || plays === 'honest';
const lies = ({ plays }: SwarmHost): boolean => plays === 'corrupts';
const hasBadDisk = (host?: SwarmHost): boolean => host?.disk?.fails !== undefined;
const isIo = (error: unknown): boolean => error instanceof StorageError && error.code === 'io';
const shapeOf = ({ torrent }: SwarmPlan): Geometry => new Geometry(torrentOf(torrent));

/** Are all pieces there with hosts that give them, and stay? Then everybody who stays can complete. */
export const canComplete = (plan: SwarmPlan): boolean => {
  const givers = plan.hosts.filter((host) => isHonest(host) && isThereAtTheEnd(host));
  return Array.from({ length: shapeOf(plan).pieceCount }, (_, piece) => piece).every((piece) =>
    givers.some(({ has, plays }) => (has ?? (plays === undefined ? [] : 'all')) === 'all' || isIn(has, piece)),
  );
};

const isIn = (has: SwarmHost['has'], piece: number): boolean => Array.isArray(has) && has.includes(piece);

/** Milliseconds that the lines alone demand, from when the last host is there. */
export const boundOf = (plan: SwarmPlan): number => {
  const { length } = shapeOf(plan);
  const takers = plan.hosts.filter(({ has, plays }) => plays === undefined && has !== 'all');
  const givers = plan.hosts.filter((host) => isHonest(host) && isThereAtTheEnd(host));
  const seeds = givers.filter(({ has, plays }) => has === 'all' || (plays !== undefined && has === undefined));
  const sum = (hosts: readonly SwarmHost[]): number =>
    hosts.reduce((all, { up = Infinity, nat }) => all + (nat === undefined ? up : 0), 0);
  const down = Math.min(Infinity, ...takers.map(({ down: rate = Infinity }) => rate));
  const slowest = Math.max(length / sum(seeds), length / down, (takers.length * length) / sum(givers));
  return slowest * 1000;
};

const inTrouble = ({ hosts }: SwarmPlan): boolean =>
  hosts.some(
    (host) =>
      (host.fate ?? []).length > 0 ||
      host.disk?.full ||
      host.disk?.slow ||
      host.disk?.fails ||
      !isHonest(host) ||
      (host.loss ?? 0) > 0,
  );

/** Everybody who can complete does, in a time that follows from the lines. */
const completes: Invariant = ({ plan, hosts }) => {
  if (!canComplete(plan)) return [];
  const last = Math.max(...plan.hosts.map(lastOf));
  const looksAgain = plan.finds?.join() === 'dht' && plan.hosts.some(({ nat }) => nat !== undefined);
  const besides = (inTrouble(plan) ? TROUBLE : PEACE) + (looksAgain ? LOOKUPS : 0);
  const within = last + TIMES_THE_BOUND * boundOf(plan) + 1000 * besides;
  return hosts
    .filter(({ nth }) => isThereAtTheEnd(plan.hosts[nth] ?? {}))
    .filter(({ done = Infinity }) => done > within)
    .map(({ address, done }) => `${address} is complete after ${done ?? 'no'} ms, of ${Math.round(within)}`);
};

/** Who says to be complete has each byte. Nothing comes out corrupt where nobody lies. */
const isRight: Invariant = ({ plan, hosts }) => [
  ...hosts
    .filter(({ done, isWhole }) => done !== undefined && !isWhole)
    .map(({ address }) => `${address} has wrong bytes`),
  ...(plan.hosts.some(lies) ? [] : hosts.filter(({ corrupt }) => corrupt > 0)).map(
    ({ address, corrupt }) => `${address} had ${corrupt} corrupt pieces from honest peers`,
  ),
];

/** Nothing ends with an error, but for a disk that fails. */
const livesOn: Invariant = ({ plan, hosts }) =>
  hosts
    .filter(({ error, nth }) => error !== undefined && !(hasBadDisk(plan.hosts[nth]) && isIo(error)))
    .map(({ address, error }) => `${address} ended with ${String(error)}`);

/** Little comes twice, but for what could not be read, or was asked for again while a cable was pulled. */
const fetchesOnce: Invariant = ({ plan, hosts }) => {
  const { length } = shapeOf(plan);
  // A block that is asked of three peers at the most, while a cable is pulled, comes from each of them afterwards.
  const again = ({ fate = [], disk }: SwarmHost): number =>
    fate.some(({ does }) => does === 'freezes') ? 2 : Number(disk?.fails?.work === 'read');
  const mostOf = (host: SwarmHost = {}): number => (TWICE + again(host)) * length + (1 + again(host)) * TWICE_BESIDES;
  return hosts
    .filter(({ twice, nth }) => twice > mostOf(plan.hosts[nth]))
    .map(({ address, twice }) => `${address} got ${(twice / MiB).toFixed(2)} MiB twice`);
};

/** Nobody honest is banned. */
const bansLiars: Invariant = ({ plan, hosts }) => {
  const honest = new Set(plan.hosts.flatMap((host, nth) => (isHonest(host) ? [addressOf(nth)] : [])));
  return hosts.flatMap(({ address, left }) =>
    left
      .filter(({ host, reason }) => BANS.includes(reason) && honest.has(host))
      .map(({ at, host, reason }) => `${address} banned the honest ${host} at ${at} ms: ${reason}`),
  );
};

/** Each client keeps the rules of the protocol, on each of its wires. */
const keepsRules: Invariant = ({ hosts }) =>
  hosts.flatMap(({ offences }) => offences.map(({ at, host, rule, text }) => `${host}, ${at} ms: ${rule}; ${text}`));

/** A peer that is interested is given a turn; with few slots, after those before it have had theirs. */
const sharesTurns: Invariant = ({ plan, hosts }) =>
  plan.hosts.length > FEW
    ? []
    : hosts
        .filter(({ nth, wires, longestWait }) => {
          const { slots = Infinity } = plan.hosts[nth] ?? {};
          return longestWait > Math.max(TURN, TURN_OF_EACH * (Math.ceil(wires / slots) - 1));
        })
        .map(({ address, longestWait }) => `${address} let somebody wait for ${longestWait} ms`);

/**
 * Trackers are told what is so, and in the right order. A datagram may come twice, or be repeated for want of an
 * answer.
 */
const tellsTrackers: Invariant = ({ hosts, announces }) =>
  hosts.flatMap((host) =>
    (['http', 'udp'] as const).flatMap((protocol) => {
      const heard = announces.filter(({ by, host: address }) => by === protocol && address === host.address);
      const isFinal = (at: number): boolean => host.isWhole && at >= host.stored;
      return [
        ...(heard[0] !== undefined && heard[0].event !== 'started' ? ['does not say that it has started'] : []),
        ...(protocol === 'http' && heard.filter(({ event }) => event === 'completed').length > 1
          ? ['says twice that it is complete']
          : []),
        ...heard
          .filter(({ at, left, event }) => (left === 0 || event === 'completed') && !isFinal(at))
          .map(({ at }) => `says at ${at} ms that it is complete`),
      ].map((text) => `${host.address} ${text}`);
    }),
  );

/** When everybody has left nothing is open. */
const closesAll: Invariant = ({ open }) => open.map((what) => `left open: ${what}`);

/**
 * Each client stays within its limits: of connections, timers, bytes that wait for a peer that does not read, and
 * memory for pieces.
 */
const staysWithin: Invariant = ({ plan, hosts }) => {
  const most = Math.min(MOST_WIRES, WIRES_EACH * plan.hosts.length);
  const pieces = shapeOf(plan);
  const limitOf = (nth: number): number => draftsWithin(pieces, plan.hosts[nth]?.memory ?? MEMORY);
  return hosts.flatMap(({ address, nth, wires, excess, timers, drafts }) => [
    ...(wires > most ? [`${address} had ${wires} connections at one time, of ${most}`] : []),
    ...(timers > MOST_TIMERS + TIMERS_EACH * wires
      ? [`${address} had ${timers} timers at one time, with ${wires} connections at most`]
      : []),
    ...(excess > MOST_EXCESS ? [`${address} wrote ${excess} bytes more than a buffer holds`] : []),
    ...(drafts > limitOf(nth) ? [`${address} had ${drafts} bytes of pieces in memory, of ${limitOf(nth)}`] : []),
  ]);
};

/** What holds in every run, by name. */
export const INVARIANTS: Readonly<Record<string, Invariant>> = {
  completes,
  isRight,
  livesOn,
  fetchesOnce,
  bansLiars,
  keepsRules,
  sharesTurns,
  staysWithin,
  tellsTrackers,
  closesAll,
};

/** What is wrong with a run, each with the name of its invariant. */
export const complaintsOf = (run: SwarmRun): readonly string[] =>
  Object.entries(INVARIANTS).flatMap(([name, holds]) => holds(run).map((text) => `${name}: ${text}`));
