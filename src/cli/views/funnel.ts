import type { FunnelSample } from '../../contracts/events.ts';
import { fit } from '../io/text.ts';

const STEPS = [
  ['discovered', 'found'],
  ['dialled', 'dialled'],
  ['connected', 'connected'],
  ['handshaken', 'handshaken'],
  ['interested', 'interested'],
  ['unchoked', 'unchoked'],
  ['sending', 'sending'],
] as const;

type Row = FunnelSample['sources'][number];

/** The stages up to the last one that a peer reached; later ones are not shown. */
const steps = (row: Row): string => {
  const shown = STEPS.findLastIndex(([stage]) => row[stage] > 0);
  return STEPS.slice(0, Math.max(shown + 2, 2))
    .map(([stage, word]) => `${row[stage]} ${word}`)
    .join(' · ');
};

/** `tracker: 50 found · 48 dialled · 12 connected · 0 handshaken; lost: 30 timeout, 6 refused`. */
const funnelLine = (row: Row): string =>
  `${row.source}: ${steps(row)}${counts('lost', row.lost)}${counts('by', row.roads)}`;

const counts = (what: string, of: Readonly<Record<string, number>> = {}): string => {
  const each = Object.entries(of).map(([name, count]) => `${count} ${name}`);
  return each.length > 0 ? `; ${what}: ${each.join(', ')}` : '';
};

/** One line for each source of peers: how far its peers got, and why others failed. No line is wider than `width`. */
export const funnelLines = ({ sources }: FunnelSample, width = Infinity): readonly string[] =>
  sources.map((row) => fit(funnelLine(row), width));
