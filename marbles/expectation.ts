import { TestScheduler } from 'rxjs/testing';
import type { Geometry } from '../src/torrent/geometry.ts';
import { parseLane, printLanes, type Drawn, type Mark } from './lane.ts';
import { lettersOf } from './letters.ts';
import { same, show } from './same.ts';

/** What was received differs from what was drawn. */
export class DrawingError extends Error {
  override readonly name = 'DrawingError';
}

/** A drawn lane, and what its letters and its `#` stand for. Without values, letters stand for themselves. */
export interface Expected {
  readonly lane: string;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  readonly error?: unknown;
}

const spare = 'zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA';

/** Finds letters to print for received values that are not drawn, and remembers them. */
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

/** A drawn lane, to be compared with received marks: by values, or by what letters stand for. */
class Picture {
  readonly drawn: readonly Mark[];
  readonly #named: boolean;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #error: unknown;
  readonly #geometry: Geometry;

  constructor({ lane, values, error = 'error' }: Expected, geometry: Geometry) {
    this.drawn = parseLane(lane);
    this.#named = values !== undefined;
    this.#values = values ?? {};
    this.#error = error;
    this.#geometry = geometry;
  }

  isMetBy(received: readonly Mark[]): boolean {
    return (
      received.length === this.drawn.length &&
      received.every((mark, n) => mark.frame === this.drawn[n]?.frame && this.#meets(mark, this.drawn[n]))
    );
  }

  /** Both lanes, and a legend of the letters that are not drawn. */
  beside(received: readonly Mark[]): readonly [lanes: readonly string[], legend: readonly string[]] {
    const letters = this.drawn.filter(({ kind }) => kind === 'value').map(({ value }) => value as string);
    const values = letters.map((letter) => [letter, this.#named ? this.#valueOf(letter) : undefined]);
    const legend = new Legend(letters, Object.fromEntries(values) as Readonly<Record<string, unknown>>);
    const came = received.map((mark, n) => ({
      frame: mark.frame,
      letter: this.#letterOf(mark, this.drawn[n], legend),
    }));
    const drawn = this.drawn.map(
      ({ frame, kind, value }): Drawn => ({ frame, letter: ENDS[kind] ?? (value as string) }),
    );
    if (drawn.some(({ letter }) => letter === '#') && legend.lines.some((line) => line.startsWith('# ')))
      legend.lines.push(`# drawn as ${show(this.#error)}`);
    return [printLanes([drawn, came]), legend.lines];
  }

  #valueOf(letter: string): unknown {
    return Object.hasOwn(this.#values, letter) ? this.#values[letter] : letter;
  }

  #meets(mark: Mark, drawn: Mark | undefined): boolean {
    if (drawn === undefined || mark.kind !== drawn.kind) return false;
    if (mark.kind === 'error') return same(mark.value, this.#error);
    if (mark.kind === 'end') return true;
    const letter = drawn.value as string;
    return this.#named
      ? same(mark.value, this.#valueOf(letter))
      : lettersOf(mark.value, this.#geometry).includes(letter);
  }

  #letterOf(mark: Mark, drawn: Mark | undefined, legend: Legend): string {
    if (mark.kind === 'error' && !same(mark.value, this.#error)) legend.lines.push(`# = ${show(mark.value)}`);
    if (mark.kind !== 'value') return ENDS[mark.kind] ?? '?';
    if (this.#meets(mark, drawn)) return drawn?.value as string;
    const own = this.#named ? undefined : lettersOf(mark.value, this.#geometry).find((letter) => letter.length === 1);
    return own ?? legend.letterFor(mark.value);
  }
}

/** How the end of a lane is drawn. */
const ENDS: Readonly<Partial<Record<Mark['kind'], string>>> = { end: '|', error: '#' };

/** Compares the received marks with the drawn lane. Undefined if they agree, otherwise the two lanes, aligned. */
export const difference = (
  name: string,
  received: readonly Mark[],
  expected: Expected,
  geometry: Geometry,
): string | undefined => {
  const picture = new Picture(expected, geometry);
  return picture.isMetBy(received) ? undefined : block(name, ...picture.beside(received));
};

const subscriptionLane = (lane: string): readonly Drawn[] => {
  const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(lane, true);
  return spans(subscribedFrame, unsubscribedFrame);
};

const spans = (from: number, to: number): readonly Drawn[] => [
  ...(Number.isFinite(from) ? [{ frame: from, letter: '^' }] : []),
  ...(Number.isFinite(to) ? [{ frame: to, letter: '!' }] : []),
];

/** The start and the end of a subscription, in milliseconds; the end is `Infinity` if it was never unsubscribed. */
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
