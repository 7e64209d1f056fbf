import { TestScheduler } from 'rxjs/testing';

/** One thing on a lane: a value, the end or an error, at its millisecond. */
export interface Mark {
  readonly frame: number;
  readonly kind: 'value' | 'end' | 'error';
  readonly value?: unknown;
}

/** A mark as it is drawn: with its letter. */
export interface Drawn {
  readonly frame: number;
  readonly letter: string;
}

const kinds = { N: 'value', E: 'error', C: 'end' } as const;

/** Reads a lane; the value of a mark is its letter. */
export const parseLane = (lane: string): readonly Mark[] =>
  TestScheduler.parseMarbles(lane, undefined, undefined, false, true).map(({ frame, notification }) => {
    const kind = kinds[notification.kind];
    return kind === 'value'
      ? { frame, kind, value: (notification as { readonly value: unknown }).value }
      : { frame, kind };
  });

/** Time that is longer than this many dashes is written as a number. */
const LONGEST_GAP = 20;
/** Marks that are printed of an endless lane. */
const MAX_MARKS = 60;

const span = (ms: number): string => {
  if (ms <= LONGEST_GAP) return '-'.repeat(ms);
  if (ms % 60_000 === 0) return ` ${ms / 60_000}m `;
  if (ms % 1000 === 0) return ` ${ms / 1000}s `;
  return ` ${ms}ms `;
};

const cellOf = (lane: readonly Drawn[], frame: number): string => {
  const letters = lane.filter((mark) => mark.frame === frame).map(({ letter }) => letter);
  return letters.length > 1 ? `(${letters.join('')})` : (letters[0] ?? '-');
};

/**
 * Draws several lanes under one another so that the same time is in the same column. The result can be copied into a
 * drawing, unless something happens within the width of a group, which no lane can express.
 */
export const printLanes = (lanes: readonly (readonly Drawn[])[]): readonly string[] => {
  const frames = [...new Set(lanes.flat().map(({ frame }) => frame))].sort((a, b) => a - b);
  const shown = frames.slice(0, MAX_MARKS);
  const texts = lanes.map(() => '');
  let at = 0;
  shown.forEach((frame, n) => {
    const cells = lanes.map((lane) => cellOf(lane, frame));
    const width = Math.max(...cells.map((cell) => cell.length));
    const fits = frame + width <= (shown[n + 1] ?? Infinity);
    const gap = span(Math.max(0, frame - at));
    cells.forEach((cell, lane) => (texts[lane] += gap + cell.padEnd(width, fits ? '-' : ' ')));
    at = frame + (fits ? width : 1);
  });
  return texts.map((text) => (frames.length > shown.length ? `${text}…` : text).replace(/^$/, '-'));
};
