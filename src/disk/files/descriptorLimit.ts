import fs from 'node:fs';

/** Assumed number of file descriptors of a process if the limit is unknown. */
const COMMON = 1_024;
/**
 * Descriptors for everything but files and connections: the runtime, its threads, open ports, the DHT, the local
 * network.
 */
const RESERVED = 48;

/** How many descriptors of each kind may be open at the same time. */
export interface Shares {
  /** Files of all torrents. */
  readonly files: number;
  /** Announces under way. */
  readonly announces: number;
  /** Incoming connections whose handshake is not complete. */
  readonly callers: number;
  /** Connections with peers. */
  readonly connections: number;
}

/** The shares if there are plenty of descriptors, and the smallest useful ones. */
const MOST: Shares = { files: 128, announces: 50, callers: 100, connections: Infinity };
const LEAST: Shares = { files: 8, announces: 2, callers: 4, connections: 8 };

/**
 * The number of descriptors that this process may have. Node has already raised the limit as far as it is allowed to.
 */
export const descriptorLimit = (): number => {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === 'unlimited' ? Infinity : Number(soft ?? COMMON);
  } catch {
    return COMMON;
  }
};

/**
 * Divides `limit` descriptors: a quarter for files, a fifth for announces and an eighth for incoming connections, each
 * up to a limit; the rest is for peers.
 */
export const shares = (limit: number): Shares => {
  const all = Math.max(0, limit - RESERVED);
  const part = (kind: keyof Shares, share: number): number =>
    Math.max(LEAST[kind], Math.min(MOST[kind], Math.floor(all * share)));
  const [files, announces, callers] = [part('files', 1 / 4), part('announces', 1 / 5), part('callers', 1 / 8)];
  return { files, announces, callers, connections: Math.max(LEAST.connections, all - files - announces - callers) };
};
