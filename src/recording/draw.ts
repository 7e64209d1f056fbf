import type { LaneMark, Lanes } from './lanes.ts';

export type LaneName = 'say' | 'ask' | 'give';
export const LANES = ['say', 'ask', 'give'] as const satisfies readonly LaneName[];

export interface DrawOptions {
  /** Columns. */
  readonly width: number;
  /** Milliseconds from where, and to where. All of it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only peers at this address, `host:port` or a host. All of them. */
  readonly peer?: string | undefined;
  /** Which lanes; all of them. */
  readonly lanes?: readonly LaneName[] | undefined;
}

/** Milliseconds that one character may stand for. */
const SCALES = [1, 2, 5]
  .flatMap((each) => [1, 10, 100, 1000, 10_000, 100_000].map((ten) => each * ten))
  .sort((a, b) => a - b);
/** Columns of idle time that are drawn, and not cut. */
const IDLE = 8;
/** Columns for the name of a lane. */
const NAME = 6;
/** Letters of one group; more of different kinds at one time are rare. */
const MAX_GROUP = 8;

interface Lane {
  readonly name: LaneName;
  readonly marks: readonly LaneMark[];
}

/** A column for what happened at one time, or for idle time that is cut, of so many milliseconds. */
type Column = { readonly at: number; readonly width: number } | { readonly cut: number };

/** Different letters at one time, in their order. */
const lettersAt = (marks: readonly LaneMark[], scale: number): ReadonlyMap<number, string> => {
  const cells = new Map<number, string>();
  for (const { time, letter } of marks) {
    const at = Math.floor(time / scale);
    const cell = cells.get(at) ?? '';
    if (!cell.includes(letter) && cell.length < MAX_GROUP) cells.set(at, cell + letter);
  }
  return cells;
};

const cellText = (letters: string | undefined): string =>
  letters === undefined ? '-' : letters.length === 1 ? letters : `(${letters})`;

export const spanText = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${Number((ms / 1000).toFixed(1))}s`);

const columnsOf = (
  cells: readonly ReadonlyMap<number, string>[],
  [first, last]: readonly [number, number],
  scale: number,
): Column[] => {
  const used = [...new Set(cells.flatMap((cell) => [...cell.keys()]))].sort((a, b) => a - b);
  const columns: Column[] = [];
  const idle = (from: number, to: number): void => {
    if (to - from > IDLE) columns.push({ cut: (to - from) * scale });
    else for (let at = from; at < to; at++) columns.push({ at, width: 1 });
  };
  let next = first;
  for (const at of used) {
    idle(next, at);
    columns.push({ at, width: Math.max(...cells.map((cell) => cellText(cell.get(at)).length)) });
    next = at + 1;
  }
  idle(next, last + 1);
  return columns;
};

const widthOf = (columns: readonly Column[]): number =>
  columns.reduce((sum, column) => sum + ('cut' in column ? spanText(column.cut).length + 2 : column.width), 0);

const laneText = (cells: ReadonlyMap<number, string>, columns: readonly Column[]): string =>
  columns
    .map((column) =>
      'cut' in column ? ` ${spanText(column.cut)} ` : cellText(cells.get(column.at)).padEnd(column.width, '-'),
    )
    .join('');

/** The finest scale at which it fits. */
const fitted = (
  lanes: readonly Lane[],
  [from, to]: readonly [number, number],
  width: number,
): { readonly scale: number; readonly columns: readonly Column[] } => {
  let best: { readonly scale: number; readonly columns: readonly Column[] } = { scale: 1, columns: [] };
  for (const scale of SCALES) {
    const range = [Math.floor(from / scale), Math.floor(to / scale)] as const;
    const cells = lanes.map(({ marks }) => lettersAt(marks, scale));
    best = { scale, columns: columnsOf(cells, range, scale) };
    if (widthOf(best.columns) <= width) return best;
  }
  return best;
};

/** `[2001:db8::7]:6881` is at 2001:db8::7. */
const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');

/**
 * Marble diagrams of a recording: for each peer what it sends and what we send, then the events of the download; all on
 * one scale, the finest that fits. What happens within one character is in brackets, each letter once, however often it
 * occurs. Idle time is cut: ` 15s `.
 *
 * ```
 * 10.1.0.7:6881
 * say   ----hB--U---(P)P-P 15s ------|
 * ask   ^---h--I-(R)--R-R- 15s -K-----
 * ```
 */
export const draw = (
  lanes: Lanes,
  { width, from = 0, to = lanes.length, peer, lanes: names = LANES }: DrawOptions,
): string[] => {
  const within = (marks: readonly LaneMark[]): LaneMark[] => marks.filter(({ time }) => time >= from && time <= to);
  const shown = (address: string): boolean => peer === undefined || address === peer || hostOf(address) === peer;
  const peers = lanes.peers
    .filter(({ address }) => shown(address))
    .map(({ address, say, ask }) => {
      const own: Lane[] = [
        { name: 'say', marks: within(say) },
        { name: 'ask', marks: within(ask) },
      ];
      return { address, own: own.filter(({ name }) => names.includes(name)) };
    })
    .filter(({ own }) => own.some(({ marks }) => marks.length > 0));
  const give: Lane[] = names.includes('give') ? [{ name: 'give', marks: within(lanes.give) }] : [];
  const all = [...peers.flatMap(({ own }) => own), ...give];
  const { scale, columns } = fitted(all, [from, to], Math.max(20, width - NAME));
  const line = ({ name, marks }: Lane): string => `${name.padEnd(NAME)}${laneText(lettersAt(marks, scale), columns)}`;
  return [
    `from ${spanText(from)} to ${spanText(to)}; one character is ${spanText(scale)}`,
    ...peers.flatMap(({ address, own }) => ['', address, ...own.map(line)]),
    ...(give.length > 0 ? ['', ...give.map(line)] : []),
  ];
};
