import type { Floor } from '../choice/floor.ts';
import type { Journal } from '../json/journal.ts';

/** What a command may use of the process it runs in. */
export interface Io {
  /** A result line: stdout. */
  readonly print: (line: string) => void;
  /** With `--json`: everything that goes to stdout, instead of `print`. */
  readonly json?: Journal | undefined;
  /** A line for the user: stderr. */
  readonly say: (line: string) => void;
  /** Aborted when the user stops the command (Ctrl-C, a closed pipe): stop, tidy up, return. */
  readonly stopped: AbortSignal;
  /** The terminal for questions; absent if there is none. */
  readonly floor?: Floor;
}

/** Options and arguments as they came from the command line and the environment: text, or true for a flag. */
export type Given = Readonly<Record<string, unknown>>;
