import { InputError } from '../../contracts/errors.ts';

/** Most values of `--files`, and most numbers and ranges in one of them. */
export const MAX_CHOICES = 10_000;
/** Most characters of a pattern. */
export const MAX_PATTERN = 4096;

/** One number, range or pattern of `--files`. */
export type Choice = (Numbers | Pattern) & {
  /** As it was typed, for messages. */
  readonly typed: string;
  /** Excludes files instead of choosing them. */
  readonly without: boolean;
};

interface Numbers {
  /** From 1, both included. */
  readonly first: number;
  readonly last: number;
}

interface Pattern {
  readonly pattern: string;
}

const NUMBERS = /^[\d\s,-]*\d[\d\s,-]*$/;

const refused = (typed: string, why: string): InputError =>
  new InputError('bad-option', `--files ${JSON.stringify(typed)}: ${why}`);

const range = (part: string, typed: string, without: boolean): Choice => {
  const [, from, dash, to] = /^\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?)?\s*$/.exec(part) ?? [];
  if (from === undefined) throw refused(typed, 'expected numbers and ranges of files such as 1,3-5 or 7-');
  const first = Number(from);
  const last = to !== undefined ? Number(to) : dash === undefined ? first : Number.POSITIVE_INFINITY;
  if (first === 0) throw refused(typed, 'files are counted from 1, as rxtorrent info shows them');
  if (last < first) throw refused(typed, `${part.trim()} ends before it begins`);
  return { first, last, typed, without };
};

const one = (typed: string): readonly Choice[] => {
  const without = typed.startsWith('!');
  const text = without ? typed.slice(1) : typed;
  if (text.trim() === '') throw refused(typed, 'is empty: expected numbers such as 1,3-5, or a pattern such as *.mkv');
  if (NUMBERS.test(text)) return text.split(',').map((part) => range(part, typed, without));
  if (text.length > MAX_PATTERN)
    throw refused(`${typed.slice(0, 40)}…`, `a pattern has at most ${MAX_PATTERN} characters`);
  return [{ pattern: text, typed, without }];
};

/**
 * Parses `--files`, value by value: numbers and ranges (`1,3-5`, `7-`), or one pattern for names (`*.mkv`), either
 * after `!` to exclude files. A value with any other character than digits, commas, dashes and blanks is one pattern,
 * commas included.
 *
 * @throws InputError
 * @example parseChoices(['1,3-5', '!*.nfo'])
 */
export const parseChoices = (values: readonly string[]): readonly Choice[] => {
  const choices = values.flatMap(one);
  if (choices.length > MAX_CHOICES)
    throw new InputError('bad-option', `--files: ${choices.length} numbers and patterns: at most ${MAX_CHOICES}`);
  return choices;
};
