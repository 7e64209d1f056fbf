import { asapScheduler, concat, ignoreElements, isObservable, map, type Observable, observeOn, of } from 'rxjs';
import type { Env } from '../src/contracts/env.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { draw as drawLanes, type DrawOptions } from '../src/recording/draw.ts';
import { lanesOf } from '../src/recording/lanes.ts';
import { Recording } from '../src/recording/parse.ts';
import { record } from '../src/recording/record.ts';
import type { Tape } from '../src/recording/tape.ts';
import { type Drawn, type Mark, printLanes } from './lane.ts';
import { lettersOf } from './letters.ts';
import { show } from './same.ts';
import { drawn, type DrawingOptions, type Stage } from './stage.ts';

/** A lane: what a stream gives, or marks such as `peer.said`, `peer.sent`, `world.dials`. */
export type Shown = Observable<unknown> | readonly Mark[];

/** Letters for values that have none in the alphabet. */
const SPARE = [...'zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA'];

/** Finds a letter for each value, and remembers those that no alphabet has. */
class Legend {
  readonly lines: string[] = [];
  readonly #letters = new Map<string, string>();
  readonly #spare: string[];
  readonly #geometry: Geometry;

  constructor(marks: readonly Mark[], geometry: Geometry) {
    this.#geometry = geometry;
    const taken = new Set(marks.map(({ value }) => this.#own(value)));
    this.#spare = SPARE.filter((letter) => !taken.has(letter));
  }

  letterOf({ kind, value }: Mark): string {
    return ENDS[kind] ?? this.#own(value) ?? this.#other(show(value));
  }

  #own(value: unknown): string | undefined {
    return lettersOf(value, this.#geometry).find(({ length }) => length === 1);
  }

  #other(text: string): string {
    const known = this.#letters.get(text);
    if (known !== undefined) return known;
    const letter = this.#spare.shift() ?? '?';
    this.#letters.set(text, letter);
    this.lines.push(`${letter} = ${text}`);
    return letter;
  }
}

const ENDS: Readonly<Partial<Record<Mark['kind'], string>>> = { end: '|', error: '#' };

/**
 * Marble diagrams of what really happens on the stage, for documents that are true, and to look at what a test that
 * fails does. `scene` returns what is to be seen, by the names of the lanes, which come in this order, aligned:
 *
 * ```
 * they    U--------1-2-------|
 * writes  (RRRR)-----(RRRR)---
 * gives   ---------1-2-------|
 * ```
 *
 * Leaks are none of its business.
 *
 * @example
 * const text = draw(({ torrent, world, peer }) => {
 *   const { picker, wake$ } = downloadState(torrent, world().env);
 *   const seed = peer('U--------1-2-------|');
 *   return { they: seed.said, writes: seed.sent, gives: of(seed).pipe(requestBlocks(picker, { wake$ })) };
 * });
 */
export const draw = (
  scene: (stage: Stage) => Readonly<Record<string, Shown>>,
  options: Pick<DrawingOptions, 'torrent'> = {},
): string => {
  let geometry: Geometry | undefined;
  let lanes: readonly (readonly [name: string, marks: readonly Mark[]])[] = [];
  drawn(
    (stage) => {
      geometry = stage.geometry;
      lanes = Object.entries(scene(stage)).map(
        ([name, shown]) => [name, isObservable(shown) ? stage.watch(shown) : shown] as const,
      );
    },
    { ...options, mayLeak: true },
  )();
  const legend = new Legend(
    lanes.flatMap(([, marks]) => marks),
    geometry as Geometry,
  );
  const texts = printLanes(
    lanes.map(([, marks]) => marks.map((mark): Drawn => ({ frame: mark.frame, letter: legend.letterOf(mark) }))),
  );
  const width = Math.max(0, ...lanes.map(([name]) => name.length)) + 2;
  const named = (name: string, text: string): string => `${name.padEnd(width)}${text}`.trimEnd();
  return [
    ...texts.map((text, nth) => named(lanes[nth]?.[0] ?? '', text)),
    ...legend.lines.map((line) => named('', line)),
  ].join('\n');
};

/**
 * The same of something that runs in a world, a real one too: it is recorded, and drawn when it is over. A lane for
 * what each peer says, one for what it is sent, and one for what came of it. Errors as `run` does.
 *
 * @example
 * const text = await lastValueFrom(
 *   drawRun(nodeEnv(), ({ env, inside }) => inside(download(torrent, env, { target: { folder: '.' } }))),
 * );
 */
export const drawRun = <E extends Env>(
  env: E,
  run: (tape: Tape<E>) => Observable<unknown>,
  options: Partial<DrawOptions> = {},
): Observable<string> => {
  const parts: Uint8Array[] = [];
  const text = (): string =>
    drawLanes(lanesOf(new Recording(new Uint8Array(Buffer.concat(parts)))), { width: 100, ...options }).join('\n');
  const run$ = run(record(env, (bytes) => void parts.push(bytes))).pipe(ignoreElements());
  // All has been written down once the turn is over in which the run ended.
  return concat(run$, of(0).pipe(observeOn(asapScheduler), map(text)));
};
