import type { Env } from '../contracts/env.ts';
import { type Call, type EnvTap, tappedEnv, untouched } from '../recording/tappedEnv.ts';
import { seeded } from './seeded.ts';

/** A part of the world: connections that we make, and those that others make; datagrams, the web, the disk. */
export type FaultPart = 'connect' | 'listen' | 'udp' | 'http' | 'storage';

/** The parts of the world that are the network. */
export const NETWORK: readonly FaultPart[] = ['connect', 'listen', 'udp', 'http'];

/** What all faults have in common. */
export interface FaultOptions {
  /** The parts of the world that have the fault. What is meant if it is absent is said of each fault. */
  readonly parts?: readonly FaultPart[];
  /** Limits the fault to hosts for which it returns true: addresses of peers and datagrams, names in URLs. */
  readonly only?: (host: string) => boolean;
  /** The seed of what happens by chance. 1 if absent: two runs with the same events have the same faults. */
  readonly seed?: number;
  /** Is called each time that the fault shows. */
  readonly told?: () => void;
}

/** Puts a fault into a world. The world that it returns has all that the other one has. */
export type Fault = <E extends Env>(env: E) => E;

/** What a fault goes by: chance, and whether a part of the world is meant. */
export interface Circumstances {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly told: () => void;
  readonly concerns: (call: Call) => boolean;
  readonly concernsHost: (host: string) => boolean;
}

const rootOf = (call: Call): Call => ('of' in call ? rootOf(call.of) : call);

const partOf = (call: Call): FaultPart | undefined => {
  const { what } = rootOf(call);
  if (what === 'answer') return 'http';
  return what === 'connect' || what === 'listen' || what === 'udp' || what === 'http' || what === 'storage'
    ? what
    : undefined;
};

/** The host that a call has to do with; undefined for a datagram's socket, and on disk. */
const hostOf = (call: Call): string | undefined => {
  if (call.what === 'connect' || call.what === 'wire') return call.address.host;
  if (call.what === 'http' || call.what === 'answer')
    return URL.canParse(call.request.url) ? new URL(call.request.url).hostname : '';
  return 'of' in call ? hostOf(call.of) : undefined;
};

/** Makes a fault of what listens in on a world; `parts` are meant unless the options say otherwise. */
export const fault =
  (
    { parts, only = () => true, seed = 1, told = () => undefined }: FaultOptions,
    usually: readonly FaultPart[],
    tapOf: (circumstances: Circumstances) => Partial<EnvTap>,
  ): Fault =>
  (env) => {
    const meant: ReadonlySet<FaultPart | undefined> = new Set(parts ?? usually);
    const concerns = (call: Call): boolean => {
      const host = hostOf(call);
      return meant.has(partOf(call)) && (host === undefined || only(host));
    };
    return tappedEnv(env, { ...untouched, ...tapOf({ random: seeded(seed), told, concerns, concernsHost: only }) });
  };

/**
 * A world with several faults, the first of them nearest to the world.
 *
 * ```ts
 * import { download, nodeEnv } from 'rxtorrent';
 * import { delayed, faulty, lossy } from 'rxtorrent/faults';
 *
 * const env = faulty(nodeEnv(), lossy(0.01), delayed(50));
 * ```
 */
export const faulty = <E extends Env>(env: E, ...faults: readonly Fault[]): E =>
  faults.reduce((world, put) => put(world), env);
