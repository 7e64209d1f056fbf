import type { Shape } from '../../torrent/geometry.ts';
import { type Bit, cuesOf } from './cues.ts';
import { ASKED, type Asked, perform } from './perform.ts';
import { numbersIn, placesIn } from './ranges.ts';
import type { Cue, Row, Script } from './script.ts';

/** Milliseconds by which a timer may have been late when it was recorded. */
const LATE = 2000;
/** A script that is cut often has no part that is true. */
const MAX_CUTS = 50;

/** One thing that a peer is asked: `R 17/3`. */
export interface Question {
  readonly time: number;
  readonly what: string;
}

export type Questions = ReadonlyMap<string, readonly Question[]>;

const aboutText = (about: Bit['about']): string => (typeof about === 'object' ? about.join('/') : String(about));

const whole = ({ letter, about }: Bit): string => `${letter} ${aboutText(about)}`.trimEnd();

const bitsOf = ({ letter, about }: Cue): readonly Bit[] => {
  if (letter === 'R' || letter === 'X') return placesIn(about).map((place) => ({ letter, about: place }));
  return about === '' ? [{ letter, about }] : numbersIn(about).map((number) => ({ letter, about: number }));
};

const put = (into: Map<string, Question[]>, who: string, question: Question): void => {
  const before = into.get(who);
  if (before === undefined) into.set(who, [question]);
  else before.push(question);
};

/** What each peer is asked as it is written in a script. @throws Malformed */
export const written = ({ rows }: Script): Questions => {
  const all = new Map<string, Question[]>();
  for (const { time, who, does, cues } of rows)
    for (const bit of does === 'asks' ? cues.flatMap(bitsOf) : [])
      if (ASKED.has(bit.letter)) put(all, who, { time, what: whole(bit) });
  return all;
};

/** What each peer is asked by our operators. */
export const performed = (asked: readonly Asked[]): Questions => {
  const all = new Map<string, Question[]>();
  for (const { time, who, ...bit } of asked) put(all, who, { time, what: whole(bit) });
  return all;
};

/** Where two orders of questions part, and which; `late` is by how many milliseconds they may lie apart. */
export const partingOf = (
  was: readonly Question[],
  is: readonly Question[],
  late: number,
): readonly [was: Question | undefined, is: Question | undefined] | undefined => {
  for (let n = 0; n < Math.max(was.length, is.length); n++) {
    const [one, other] = [was[n], is[n]];
    if (one?.what !== other?.what || Math.abs((one?.time ?? 0) - (other?.time ?? 0)) > late) return [one, other];
  }
  return undefined;
};

const firstParting = (script: Script, asked: readonly Asked[]): number => {
  const [was, is] = [written(script), performed(asked)];
  let first = Infinity;
  for (const who of new Set([...was.keys(), ...is.keys()])) {
    const parting = partingOf(was.get(who) ?? [], is.get(who) ?? [], LATE);
    for (const question of parting ?? []) first = Math.min(first, question?.time ?? Infinity);
  }
  return first;
};

const isAsked = ({ does, cues }: Row): boolean => does === 'asks' && cues.every(({ letter }) => ASKED.has(letter));

/** The rows of a script, with what our operators ask in them. */
const asPerformed = (script: Script, shape: Shape): readonly Row[] => {
  const others = script.rows
    .map((row) => (row.does === 'asks' ? { ...row, cues: row.cues.filter(({ letter }) => !ASKED.has(letter)) } : row))
    .filter((row) => !isAsked(row));
  const asked = perform({ ...script, rows: others }, shape);
  const rows: Row[] = [];
  let next = 0;
  const askedAfter = (count: number): void => {
    while ((asked[next]?.after ?? Infinity) <= count) {
      const { time, who } = asked[next] as Asked;
      const together: Asked[] = [];
      for (let one = asked[next]; one?.time === time && one.who === who && one.after <= count; one = asked[++next])
        together.push(one);
      rows.push({ time, who, does: 'asks', cues: cuesOf(together) });
    }
  };
  others.forEach((row, nth) => {
    askedAfter(nth);
    rows.push(row);
  });
  askedAfter(others.length);
  return rows;
};

/** A script that is true, and milliseconds up to which it goes if it is a part only. */
export interface True {
  readonly script: Script;
  readonly until: number | undefined;
}

/**
 * Of a script, as much as our operators do in the same way on their own: what they are asked may depend on more than is
 * in it, such as rate limits and a strategy of the user's. When they ask is when they do without other work to be done.
 */
export const trueScript = (script: Script, shape: Shape): True => {
  let [rest, until]: [Script, number | undefined] = [script, undefined];
  for (let cuts = 0; cuts < MAX_CUTS; cuts++) {
    const parts = firstParting(rest, perform(rest, shape));
    if (parts === Infinity) break;
    until = parts;
    const rows = rest.rows.filter(({ time }) => time < parts);
    rest = { ...rest, rows };
  }
  return { script: { ...rest, rows: asPerformed(rest, shape) }, until };
};
