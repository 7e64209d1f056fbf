/** What is known when a download has stalled. */
export interface Situation {
  readonly known: number;
  readonly connected: number;
  readonly unchoked: number;
  /** A connected peer has a piece that we lack. */
  readonly useful: boolean;
  /** Seconds since the last block. */
  readonly seconds: number;
  /** How many peers were ever dialled, and how many of them are lost, by cause. */
  readonly funnel?: { readonly dialled: number; readonly lost: Readonly<Record<string, number>> };
}

/** Seconds without a block after which the user is told why. */
export const STALL = 5;

/**
 * Words for the causes for which dialled peers were lost. `known` is not among them: an address that another source
 * named first is not lost.
 */
const LOST: Readonly<Record<string, string>> = {
  refused: 'refused',
  unreachable: 'unreachable',
  timeout: 'timed out',
  silent: 'silent',
  reset: 'cut off',
  closed: 'hung up',
  malformed: 'sent malformed data',
  oversized: 'sent malformed data',
  unexpected: 'broke the rules',
  corrupt: 'sent corrupt data',
  'wrong-info-hash': 'shared another torrent',
  self: 'ourselves',
  duplicate: 'already connected',
  useless: 'useless',
  'encrypts-only': 'hung up on a plain handshake',
  'no-room': 'not dialled, as this machine has no descriptors or no address for it',
};
/** Number of causes that are shown, the most frequent ones. */
const CAUSES = 3;

/** Why a download has stalled, in words for the user; undefined while it makes progress. */
export const stallReason = ({ known, connected, unchoked, useful, seconds, funnel }: Situation): string | undefined => {
  if (seconds < STALL) return undefined;
  const since = `for ${Math.floor(seconds)} s`;
  const dialled = funnel !== undefined && funnel.dialled > 0 ? `, ${funnel.dialled} dialled${fates(funnel.lost)}` : '';
  if (known === 0) return `no peers ${dialled === '' ? 'known' : 'left'} ${since}${dialled}`;
  const peers = `${count(known, 'peer')} known`;
  if (connected === 0) return `${peers}${dialled}, none connected ${since}`;
  const here = `${peers}, ${connected} connected`;
  if (!useful) return `${here}, none has a piece that we lack`;
  if (unchoked === 0) return `${here}, none has unchoked us ${since}`;
  return `${here}, ${unchoked} unchoked us, none has sent a block ${since}`;
};

/** `: 30 timed out, 6 refused`. */
const fates = (lost: Readonly<Record<string, number>>): string => {
  const words = new Map<string, number>();
  for (const [cause, times] of Object.entries(lost)) {
    const word = LOST[cause];
    if (word !== undefined) words.set(word, (words.get(word) ?? 0) + times);
  }
  const told = [...words].sort(([, one], [, other]) => other - one).slice(0, CAUSES);
  return told.length > 0 ? ` (${told.map(([word, times]) => `${times} ${word}`).join(', ')})` : '';
};

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
