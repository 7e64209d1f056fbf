import type { Progress } from '../../contracts/events.ts';
import { columns, fit, visible } from '../io/text.ts';
import { bytes, counted, duration, percent, rate } from '../io/units.ts';

const BAR = 40;

/** `█████░░░` of `size` columns. */
export const bar = (part: number, whole: number, size: number): string => {
  const full = whole <= 0 ? size : Math.min(size, Math.floor((part / whole) * size));
  return '█'.repeat(full) + '░'.repeat(size - full);
};

const PHASES = {
  metadata: 'asking peers what the link stands for',
  checking: 'checking what is there',
  downloading: 'downloading',
  paused: 'paused: the disk is full',
  seeding: 'seeding',
  done: 'done',
} as const;

const speed = ({ phase, rate: perSecond, eta }: Progress): readonly string[] => {
  if (phase !== 'downloading') return [PHASES[phase]];
  return [`↓ ${rate(perSecond)}`, ...(eta === undefined ? [] : [`${duration(Math.ceil(eta))} left`])];
};

const people = ({ peers: { connected, known, roads = {} } }: Progress): string => {
  const ways = Object.entries(roads).map(([road, count]) => `${count} by ${road}`);
  return `${connected} of ${counted(known, 'peer')}${ways.length > 0 ? ` (${ways.join(', ')})` : ''}`;
};

const given = ({ phase, uploaded, upRate, ratio }: Progress): readonly string[] => {
  if (phase === 'seeding') return [`↑ ${rate(upRate)}`, `${bytes(uploaded)} uploaded, ratio ${ratio.toFixed(2)}`];
  return uploaded > 0 ? [`↑ ${bytes(uploaded)}${upRate > 0 ? ` at ${rate(upRate)}` : ''}`] : [];
};

const facts = (progress: Progress): readonly string[] => [
  ...speed(progress),
  people(progress),
  `${progress.pieces} of ${counted(progress.pieceCount, 'piece')}`,
  ...given(progress),
  ...(progress.wasted > 0 ? [`${bytes(progress.wasted)} wasted`] : []),
];

const because = ({ reason }: Progress): readonly string[] => (reason ? [visible(reason)] : []);

const amount = ({ stored, length }: Progress): string => `${bytes(stored)} of ${bytes(length)}`;

/** The view while the info dictionary of a magnet link is unknown: nothing that looks like a download. */
const asking = ({ peers: { known, connected } }: Progress): string => {
  if (connected > 0) return `asking ${connected} of ${counted(known, 'peer')} what the link stands for`;
  return known > 0
    ? `connecting to ${counted(known, 'peer')}, to ask what the link stands for`
    : 'looking for peers, to ask what the link stands for';
};

/** The live block of a download: bar, figures, and why it stalls. No line is wider than `width`. */
export const progressLines = (progress: Progress, width: number): readonly string[] => {
  if (progress.phase === 'metadata') return [asking(progress), ...because(progress)].map((line) => fit(line, width));
  const left = percent(progress.stored, progress.length).padStart(6);
  const right = amount(progress);
  const room = Math.min(BAR, width - columns(left) - columns(right) - 4);
  const first = room >= 5 ? `${left}  ${bar(progress.stored, progress.length, room)}  ${right}` : `${left}  ${right}`;
  return [first, facts(progress).join(' · '), ...because(progress)].map((line) => fit(line, width));
};

/** The same as one line, for a log. */
export const progressLine = (progress: Progress): string =>
  (progress.phase === 'metadata'
    ? [asking(progress), ...because(progress)]
    : [percent(progress.stored, progress.length), amount(progress), ...facts(progress), ...because(progress)]
  ).join(', ');

/** How far a check of what is on disk is. */
export interface Checking {
  readonly checked: number;
  readonly total: number;
  readonly valid: number;
  /** Pieces a second. */
  readonly rate: number;
}

export const checkingLines = (
  { checked, total, valid, rate: perSecond }: Checking,
  width: number,
): readonly string[] => {
  const left = percent(checked, total).padStart(6);
  const eta = perSecond > 0 ? `, ${duration((total - checked) / perSecond)} left` : '';
  const right = `${checked} of ${counted(total, 'piece')}, ${valid} right${eta}`;
  const room = Math.min(BAR, width - columns(left) - columns(right) - 4);
  return [fit(room >= 5 ? `${left}  ${bar(checked, total, room)}  ${right}` : `${left}  ${right}`, width)];
};

/** How far the making of a torrent is. */
export interface Hashing {
  readonly hashed: number;
  readonly total: number;
  /** Bytes. */
  readonly length: number;
  readonly pieceLength: number;
  /** Milliseconds since it began. */
  readonly elapsed: number;
}

export const hashingLines = (
  { hashed, total, length, pieceLength, elapsed }: Hashing,
  width: number,
): readonly string[] => {
  const done = Math.min(length, hashed * pieceLength);
  const perSecond = elapsed > 0 ? (done * 1000) / elapsed : 0;
  const left = percent(hashed, total).padStart(6);
  const rest = perSecond > 0 ? `, ${duration((length - done) / perSecond)} left` : '';
  const right = `${bytes(done)} of ${bytes(length)}, ${rate(perSecond)}${rest}`;
  const room = Math.min(BAR, width - columns(left) - columns(right) - 4);
  return [fit(room >= 5 ? `${left}  ${bar(hashed, total, room)}  ${right}` : `${left}  ${right}`, width)];
};
