import type { Options } from 'yargs';

/** How the values of a repeatable option are separated in one variable of the environment. */
export const APART = {
  /** URLs, which may hold commas. */
  words: /\s+/,
  /** Values without blanks and commas. */
  commas: /[\s,]+/,
  /** Values with any characters but line breaks, such as patterns of names. */
  lines: /[\r\n]+/,
} as const;

export interface Option extends Options {
  /** Only of an option that may be repeated. */
  readonly apart?: RegExp;
}

export type OptionTable = Readonly<Record<string, Option>>;

/**
 * An option that takes one value. `values.ts` checks it, not the parser, which would turn an invalid number into NaN.
 */
export const value = (describe: string, more: Option = {}): Option => ({
  string: true,
  requiresArg: true,
  describe,
  ...more,
});
export const flag = (describe: string): Option => ({ boolean: true, describe });
/** An option that may be repeated. */
export const values = (describe: string, apart: RegExp): Option => value(`${describe}; may be repeated`, { apart });
