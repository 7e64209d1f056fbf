import { InputError } from '../../contracts/errors.ts';

/** Most values of `--files`, and most numbers and ranges in one of them. */
export const MAX_CHOICES = 10_000;
/** Most characters of a pattern. */
export const MAX_PATTERN = 4096;

/** One number, range or pattern of `--files`. */
export type Choice = (Numbers | Pattern) & {
  /** As it was typed, for messages, and the option that it was typed for. */
  readonly typed: string;
  readonly option: string;
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

type Typed = Pick<Choice, 'typed' | 'option' | 'without'>;

const refused = ({ typed, option }: Pick<Choice, 'typed' | 'option'>, why: string): InputError =>
  new InputError('bad-option', `${option} ${JSON.stringify(typed)}: ${why}`);

const range = (part: string, typed: Typed): Choice => {
  const [, from, dash, to] = /^\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?)?\s*$/.exec(part) ?? [];
  if (from === undefined) throw refused(typed, 'expected numbers and ranges of files such as 1,3-5 or 7-');
  const first = Number(from);
  const last = to !== undefined ? Number(to) : dash === undefined ? first : Number.POSITIVE_INFINITY;
  if (first === 0) throw refused(typed, 'files are counted from 1, as rxtorrent info shows them');
  if (last < first) throw refused(typed, `${part.trim()} ends before it begins`);
  return { first, last, ...typed };
};

const one = (value: string, option: string): readonly Choice[] => {
  const without = value.startsWith('!');
  const text = without ? value.slice(1) : value;
  const typed = { typed: value, option, without };
  if (text.trim() === '') throw refused(typed, 'is empty: expected numbers such as 1,3-5, or a pattern such as *.mkv');
  if (NUMBERS.test(text)) return text.split(',').map((part) => range(part, typed));
  if (text.length > MAX_PATTERN)
    throw refused({ typed: `${value.slice(0, 40)}…`, option }, `a pattern has at most ${MAX_PATTERN} characters`);
  return [{ pattern: text, ...typed }];
};

/**
 * Parses `--files`, value by value: numbers and ranges (`1,3-5`, `7-`), or one pattern for names (`*.mkv`), either
 * after `!` to exclude files. A value with any other character than digits, commas, dashes and blanks is one pattern,
 * commas included. Other options that name files take the same, `option`.
 *
 * @throws InputError
 * @example parseChoices(['1,3-5', '!*.nfo'])
 */
export const parseChoices = (values: readonly string[], option = '--files'): readonly Choice[] => {
  const choices = values.flatMap((value) => one(value, option));
  if (choices.length > MAX_CHOICES)
    throw new InputError('bad-option', `${option}: ${choices.length} numbers and patterns: at most ${MAX_CHOICES}`);
  return choices;
};
