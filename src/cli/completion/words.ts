import type { Options, PositionalOptions } from 'yargs';
import type { Command } from '../command.ts';
import { ROOMS } from '../args/logRooms.ts';

/**
 * What may follow an option or be an argument: one of some words, the path of a file, or a value that no shell can
 * know.
 */
export type Values = readonly string[] | 'file' | 'unknown';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const WORDS: Readonly<Record<string, readonly string[]>> = {
  order: ['rarest', 'sequential'],
  links: ['refuse', 'skip', 'follow'],
  verbose: ROOMS,
  shell: SHELLS,
};
const FILE_OPTIONS: ReadonlySet<string> = new Set([
  'output',
  'file',
  'node-file',
  'save-torrent',
  'record',
  'strategy',
]);
const FILE_ARGUMENTS: ReadonlySet<string> = new Set(['torrent', 'source', 'path', 'recording']);

const valuesOf = (name: string, files: ReadonlySet<string>): Values =>
  WORDS[name] ?? (files.has(name) ? 'file' : 'unknown');

export interface Option {
  readonly name: string;
  readonly letter?: string;
  readonly about: string;
  /** Undefined for a flag. */
  readonly values?: Values;
  /** The value may be left out, and follows `=`. */
  readonly loose: boolean;
}

const optionOf = ([name, { alias, describe, boolean }]: readonly [string, Options]): Option => ({
  name,
  about: String(describe),
  loose: name === 'verbose',
  ...(typeof alias === 'string' && { letter: alias }),
  ...(boolean !== true && { values: valuesOf(name, FILE_OPTIONS) }),
});

const HELP: Option = { name: 'help', about: 'What there is to say', loose: false };

export interface Completed {
  readonly name: string;
  readonly about: string;
  readonly options: readonly Option[];
  readonly positionals: readonly (readonly [name: string, values: Values])[];
}

const positionalsOf = (positionals: Readonly<Record<string, PositionalOptions>>): Completed['positionals'] =>
  Object.keys(positionals).map((name) => [name, valuesOf(name, FILE_ARGUMENTS)]);

const completedAs = (name: string, { about, options, positionals }: Command): Completed => ({
  name,
  about,
  options: [...Object.entries(options).map(optionOf), HELP],
  positionals: positionalsOf(positionals),
});

/** All that can be completed, from the table of commands and their other names. */
export const completed = (
  table: Readonly<Record<string, Command>>,
  aliases: Readonly<Record<string, string>> = {},
): readonly Completed[] => [
  ...Object.entries(table).map(([name, command]) => completedAs(name, command)),
  ...Object.entries(aliases).flatMap(([alias, name]) =>
    table[name] === undefined ? [] : [completedAs(alias, table[name])],
  ),
];
