import { TestScheduler } from 'rxjs/testing';
import type { Geometry } from '../src/torrent/geometry.ts';
import { parseLane, printLanes, type Drawn, type Mark } from './lane.ts';
import { lettersOf } from './letters.ts';
import { same, show } from './same.ts';

/** A drawing that came out otherwise than drawn. */
export class DrawingError extends Error {
  override readonly name = 'DrawingError';
}

/** What was drawn: a lane, and what its letters and its `#` stand for. Without values, letters stand for themselves. */
export interface Expected {
  readonly lane: string;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  readonly error?: unknown;
}

const spare = 'zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA';

/** Finds letters to print for values that nobody drew, and remembers which. */
class Legend {
  readonly lines: string[] = [];
  readonly #taken: Map<string, unknown>;

  constructor(letters: readonly string[], values: Readonly<Record<string, unknown>> = {}) {
    this.#taken = new Map(letters.map((letter) => [letter, values[letter]]));
  }

  letterFor(value: unknown): string {
    for (const [letter, other] of this.#taken) if (other !== undefined && same(value, other)) return letter;
    const letter = [...spare].find((candidate) => !this.#taken.has(candidate)) ?? '?';
    this.#taken.set(letter, value);
    this.lines.push(`${letter} = ${show(value)}`);
    return letter;
  }
}

/** Compares what was received with what was drawn. Undefined if they agree, otherwise the two lanes, aligned. */
export const difference = (
  name: string,
  received: readonly Mark[],
  expected: Expected,
  geometry: Geometry,
): string | undefined => {
  const drawn = parseLane(expected.lane);
  const { values = {}, error = 'error' } = expected;
  const named = expected.values !== undefined;
  const valueOf = (letter: unknown): unknown =>
    Object.hasOwn(values, letter as string) ? values[letter as string] : letter;
  const meets = (mark: Mark, drawnMark: Mark | undefined): boolean => {
    if (drawnMark === undefined || mark.kind !== drawnMark.kind) return false;
    if (mark.kind === 'error') return same(mark.value, error);
    if (mark.kind === 'end') return true;
    return named
      ? same(mark.value, valueOf(drawnMark.value))
      : lettersOf(mark.value, geometry).includes(drawnMark.value as string);
  };
  if (
    received.length === drawn.length &&
    received.every((mark, n) => mark.frame === drawn[n]?.frame && meets(mark, drawn[n]))
  )
    return undefined;

  const letters = drawn.filter(({ kind }) => kind === 'value').map(({ value }) => value as string);
  const legend = new Legend(
    letters,
    Object.fromEntries(letters.map((letter) => [letter, named ? valueOf(letter) : undefined])),
  );
  const received1 = received.map((mark, n): Drawn => {
    if (mark.kind === 'end') return { frame: mark.frame, letter: '|' };
    if (mark.kind === 'error') {
      if (!same(mark.value, error)) legend.lines.push(`# = ${show(mark.value)}`);
      return { frame: mark.frame, letter: '#' };
    }
    if (meets(mark, drawn[n])) return { frame: mark.frame, letter: drawn[n]?.value as string };
    const own = named ? undefined : lettersOf(mark.value, geometry).find((letter) => letter.length === 1);
    return { frame: mark.frame, letter: own ?? legend.letterFor(mark.value) };
  });
  const expected1 = drawn.map(
    ({ frame, kind, value }): Drawn => ({
      frame,
      letter: kind === 'end' ? '|' : kind === 'error' ? '#' : (value as string),
    }),
  );
  if (expected1.some(({ letter }) => letter === '#') && legend.lines.some((line) => line.startsWith('# ')))
    legend.lines.push(`# drawn as ${show(error)}`);
  return block(name, printLanes([expected1, received1]), legend.lines);
};

const subscriptionLane = (lane: string): readonly Drawn[] => {
  const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(lane, true);
  return spans(subscribedFrame, unsubscribedFrame);
};

const spans = (from: number, to: number): readonly Drawn[] => [
  ...(Number.isFinite(from) ? [{ frame: from, letter: '^' }] : []),
  ...(Number.isFinite(to) ? [{ frame: to, letter: '!' }] : []),
];

/** From when to when something was subscribed to, in milliseconds; to `Infinity` if it never was unsubscribed. */
export interface Subscribed {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

/** The same for subscriptions: one lane each, in the order in which they began. */
export const subscriptionDifference = (
  name: string,
  logs: readonly Subscribed[],
  lanes: readonly string[],
): string | undefined => {
  const drawn = lanes.map(subscriptionLane).filter((lane) => lane.length > 0);
  const received = logs.map(({ subscribedFrame, unsubscribedFrame }) => spans(subscribedFrame, unsubscribedFrame));
  if (same(received, drawn)) return undefined;
  const texts = printLanes([...drawn, ...received]);
  return [
    `${name}: not as drawn`,
    ...texts.map((text, n) => `  ${n < drawn.length ? 'expected' : 'received'}  ${text}`),
  ].join('\n');
};

const block = (name: string, [expected, received]: readonly string[], legend: readonly string[]): string =>
  [
    `${name}: not as drawn`,
    `  expected  ${expected}`,
    `  received  ${received}`,
    ...legend.map((line) => `            ${line}`),
  ].join('\n');
