/** What is known when nothing moves. */
export interface Situation {
  readonly known: number;
  readonly connected: number;
  readonly unchoked: number;
  /** Some connected peer has a piece that we lack. */
  readonly useful: boolean;
  /** Seconds since the last block. */
  readonly seconds: number;
  /** Peers that were dialled ever, and what became of those that are lost, by cause. */
  readonly funnel?: { readonly dialled: number; readonly lost: Readonly<Record<string, number>> };
}

/** Seconds without a block before it is worth a word. */
export const STALL = 5;

/** What is told of those who were dialled and lost; whom another source named first, too, is not lost. */
const LOST: Readonly<Record<string, string>> = {
  refused: 'refused',
  unreachable: 'unreachable',
  timeout: 'timed out',
  silent: 'silent',
  reset: 'cut off',
  closed: 'hung up',
  malformed: 'talked rubbish',
  oversized: 'talked rubbish',
  unexpected: 'broke the rules',
  corrupt: 'sent wrong bytes',
  'wrong-info-hash': 'shared another torrent',
  self: 'ourselves',
  duplicate: 'already connected',
  useless: 'useless',
  'no-room': 'not dialled for want of descriptors',
};
/** Causes told, the most frequent ones. */
const CAUSES = 3;

/** Why nothing moves, in words for people; undefined while something does. */
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
