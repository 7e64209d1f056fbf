import fs from 'node:fs';

/** Descriptors where nobody knows how many a process may have. */
const COMMON = 1_024;
/**
 * What a process needs beside files and connections: the runtime's own, its threads, open ports, the DHT, the local
 * network.
 */
const RESERVED = 48;

/** How many of each kind may be open at one time. */
export interface Shares {
  /** Files of all torrents. */
  readonly files: number;
  /** Announces under way. */
  readonly announces: number;
  /** Callers who have not said yet what they want. */
  readonly callers: number;
  /** Connections with peers. */
  readonly connections: number;
}

/** What is shared out where there is plenty, and the least that makes sense. */
const MOST: Shares = { files: 128, announces: 50, callers: 100, connections: Infinity };
const LEAST: Shares = { files: 8, announces: 2, callers: 4, connections: 8 };

/** Descriptors that this process may have at one time. Node has raised the limit as far as it may. */
export const descriptorLimit = (): number => {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === 'unlimited' ? Infinity : Number(soft ?? COMMON);
  } catch {
    return COMMON;
  }
};

/**
 * Shares out `limit` descriptors: a quarter for files, a fifth for announces, an eighth for those who call, up to a
 * limit each, and the rest for peers.
 */
export const shares = (limit: number): Shares => {
  const all = Math.max(0, limit - RESERVED);
  const part = (kind: keyof Shares, share: number): number =>
    Math.max(LEAST[kind], Math.min(MOST[kind], Math.floor(all * share)));
  const [files, announces, callers] = [part('files', 1 / 4), part('announces', 1 / 5), part('callers', 1 / 8)];
  return { files, announces, callers, connections: Math.max(LEAST.connections, all - files - announces - callers) };
};
