/** What is known when nothing moves. */
export interface Situation {
  readonly known: number;
  readonly connected: number;
  readonly unchoked: number;
  /** Some connected peer has a piece that we lack. */
  readonly useful: boolean;
  /** Seconds since the last block. */
  readonly seconds: number;
}

/** Seconds without a block before it is worth a word. */
export const STANDSTILL = 5;

/** Why nothing moves, in words for people; undefined while something does. */
export const standstill = ({ known, connected, unchoked, useful, seconds }: Situation): string | undefined => {
  if (seconds < STANDSTILL) return undefined;
  const since = `for ${Math.floor(seconds)} s`;
  if (known === 0) return `no peers known ${since}`;
  const peers = `${count(known, 'peer')} known`;
  if (connected === 0) return `${peers}, none connected ${since}`;
  const here = `${peers}, ${connected} connected`;
  if (!useful) return `${here}, none has a piece that we lack`;
  if (unchoked === 0) return `${here}, none has unchoked us ${since}`;
  return `${here}, ${unchoked} unchoked us, none has sent a block ${since}`;
};

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
