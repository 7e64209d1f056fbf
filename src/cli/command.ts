import type { PositionalOptions } from 'yargs';
import type { OptionTable } from './args/option.ts';
import type { Given, Io } from './io/io.ts';

/** One command. Its code is loaded only when it runs: `info` and `--help` load nothing they do not need. */
export interface Command {
  /** Name and arguments, as the help shows them. */
  readonly usage: string;
  readonly about: string;
  readonly positionals: Readonly<Record<string, PositionalOptions>>;
  readonly options: OptionTable;
  readonly examples: readonly (readonly [line: string, about: string])[];
  load(): Promise<(given: Given, io: Io) => Promise<void>>;
}
