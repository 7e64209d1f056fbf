import type { Progress } from '../../contracts/events.ts';
import { progressLine } from './progress.ts';
import { columns, fit, middle, visible } from '../io/text.ts';
import { bytes, bytesOf, counted, duration, percent, rate, roughly } from '../io/units.ts';

/** One of several torrents. */
export interface Row {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'over' | 'failed';
  /** Bytes, if that is known before it runs. */
  readonly length?: number | undefined;
  readonly progress?: Progress;
}

/** Columns of each cell, and of the longest name. */
const PERCENT = 6;
const RATE = 12;
const TIME = 11;
const AMOUNT = 20;
const PEERS = 16;
const MOST_NAME = 40;
/** Columns below which the reason of a stall says nothing. */
const LEAST_REASON = 10;
/** From this many columns on there is room between the cells, and for times of two units. */
const WIDE = 60;

interface Style {
  readonly wide: boolean;
  /** Between two cells. */
  readonly gap: number;
  readonly leastName: number;
  readonly time: number;
}

const style = (width: number): Style =>
  width >= WIDE ? { wide: true, gap: 2, leastName: 14, time: TIME } : { wide: false, gap: 1, leastName: 6, time: 6 };

/** A text and the columns it takes; without end if it may take the rest of the line. */
type Cell = readonly [text: string, width: number];

const pad = (text: string, width: number): string => `${text}${' '.repeat(Math.max(0, width - columns(text)))}`;

/** As many of the cells, from the first one on, as have room. */
const placed = (cells: readonly Cell[], room: number, gap: number): string => {
  let line = '';
  let used = 0;
  for (const [text, width] of cells) {
    const size = width === Infinity ? Math.max(0, room - used - gap) : width;
    if (used + gap + size > room || size < (width === Infinity ? LEAST_REASON : 0)) break;
    line += `${' '.repeat(gap)}${pad(fit(text, size), size)}`;
    used += gap + size;
  }
  return line;
};

/** Columns that are left for names when as many cells as possible stand beside them. */
const nameRoom = (width: number, longest: number, { gap, time, leastName }: Style): number => {
  const left = width - PERCENT - gap;
  for (const cells of [[RATE, time, AMOUNT, PEERS], [RATE, time, AMOUNT], [RATE, time], [RATE]]) {
    const room = left - cells.reduce((sum, size) => sum + size + gap, 0);
    if (room >= Math.min(longest, leastName)) return Math.min(room, longest);
  }
  return Math.max(0, Math.min(left, longest));
};

const UNKNOWN = '–'.padStart(PERCENT);

const part = ({ progress }: Row): string =>
  progress === undefined || progress.phase === 'metadata'
    ? UNKNOWN
    : percent(progress.stored, progress.length).padStart(PERCENT);

const STATES = { metadata: 'asking peers', checking: 'checking', paused: 'the disk is full', done: 'done' } as const;

const speed = ({ phase, rate: down, upRate }: Progress): string =>
  phase === 'seeding' ? `↑ ${rate(upRate)}` : `↓ ${rate(down)}`;

/** What follows the name, the most important first. */
const facts = ({ progress, length }: Row, { wide, gap, time }: Style): readonly Cell[] => {
  const both = RATE + gap + time;
  if (progress === undefined)
    return [
      ['waiting', both],
      [length === undefined ? '' : bytes(length), AMOUNT],
    ];
  const { phase, eta, reason, stored, length: whole, peers } = progress;
  const people: Cell = [`${peers.connected} of ${counted(peers.known, 'peer')}`, PEERS];
  if (phase === 'metadata') return [[STATES[phase], both], ['', AMOUNT], people];
  const amount: Cell = [bytesOf(stored, whole), AMOUNT];
  if (phase !== 'downloading' && phase !== 'seeding') return [[STATES[phase], both], amount, people];
  if (reason !== undefined)
    return [
      [speed(progress), RATE],
      [visible(reason), Infinity],
    ];
  const left =
    phase === 'seeding'
      ? wide
        ? 'seeding'
        : 'seeds'
      : eta === undefined
        ? ''
        : (wide ? duration : roughly)(Math.ceil(eta));
  return [[speed(progress), RATE], [left, time], amount, people];
};

/** A line for each, as many as there is room for. No line is wider than `width`. */
export const severalLines = (rows: readonly Row[], width: number, height: number): readonly string[] => {
  const shown = rows.length <= height ? rows : rows.slice(0, Math.max(0, height - 1));
  const how = style(width);
  const longest = Math.min(MOST_NAME, Math.max(0, ...shown.map(({ name }) => columns(name))));
  const room = nameRoom(width, longest, how);
  const rest = width - PERCENT - how.gap - room;
  const gap = ' '.repeat(how.gap);
  const lines = shown.map((row) => {
    const line = `${part(row)}${gap}${pad(middle(row.name, room), room)}${placed(facts(row, how), rest, how.gap)}`;
    return fit(line.trimEnd(), width);
  });
  const more = rows.length - shown.length;
  return more > 0 && height > 0 ? [...lines, fit(`… and ${more} more`, width)] : lines;
};

const sum = (rows: readonly Row[], of: (row: Row) => number): number => rows.reduce((all, row) => all + of(row), 0);

const told = (count: number, word: string): readonly string[] => (count > 0 ? [`${count} ${word}`] : []);

const isComplete = ({ progress, state }: Row): boolean =>
  state === 'over' || progress?.phase === 'seeding' || progress?.phase === 'done';

/** `7 torrents: 2 complete, 1 failed, 3 waiting`. */
export const statesLine = (all: readonly Row[]): string => {
  const states = [
    ...told(all.filter(isComplete).length, 'complete'),
    ...told(all.filter(({ state }) => state === 'failed').length, 'failed'),
    ...told(all.filter(({ state }) => state === 'waiting').length, 'waiting'),
  ];
  return `${counted(all.length, 'torrent')}${states.length > 0 ? `: ${states.join(', ')}` : ''}`;
};

/** All torrents together; a failed one does not count. */
const totals = (all: readonly Row[], wide = true): readonly string[] => {
  const rows = all.filter(({ state }) => state !== 'failed');
  const length = sum(rows, ({ length, progress }) => progress?.length || (length ?? 0));
  const stored = sum(rows, ({ progress }) => progress?.stored ?? 0);
  const running = rows.filter(({ state }) => state === 'running').flatMap(({ progress }) => progress ?? []);
  const down = running.reduce((all, { rate }) => all + rate, 0);
  const up = running.reduce((all, { upRate }) => all + upRate, 0);
  const peers = running.reduce((all, { peers }) => all + peers.connected, 0);
  return [
    (length > 0 ? percent(stored, length) : '–').padStart(PERCENT),
    `↓ ${rate(down)}`,
    ...(down > 0 && stored < length
      ? [`${(wide ? duration : roughly)(Math.ceil((length - stored) / down))} left`]
      : []),
    ...(length > 0 ? [bytesOf(stored, length)] : []),
    counted(peers, 'peer'),
    ...(up > 0 ? [`↑ ${rate(up)}`] : []),
  ];
};

/** The line of all torrents together; without room for it, the least important parts are left out first. */
export const totalLine = (all: readonly Row[], width: number): string => {
  const [percent = '', ...rest] = totals(all, width >= WIDE);
  let line = percent;
  for (const each of rest) {
    const longer = `${line}${line === percent ? '  ' : ' · '}${each}`;
    if (columns(longer) <= width) line = longer;
  }
  return fit(line, width);
};

/** The same for a log. */
export const totalLogLine = (all: readonly Row[]): string =>
  `${statesLine(all)}; ${totals(all).join(', ').trimStart()}`;

/** One of them as a line for a log. */
export const severalLine = ({ name, progress }: Row): string =>
  `${name}: ${progress === undefined ? 'waiting' : progressLine(progress)}`;
