#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { StorageError } from '../contracts/errors.ts';
import { Floor } from './choice/floor.ts';
import { exitCode, explain, Interrupted } from './io/exit.ts';
import type { Io } from './io/io.ts';
import type { Journal } from './json/journal.ts';
import { visible } from './io/text.ts';

const args = process.argv.slice(2);
/** After `--` nothing is an option. */
const options = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
const stop = new AbortController();
const floor = new Floor((line) => void process.stderr.write(`${line}\n`));
/** True with `--json`. */
let journal: Journal | undefined;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const io: Io = {
  // With `--json` stdout is for nothing else.
  print: (line) => (journal === undefined ? print : floor.say)(line),
  say: floor.say,
  stopped: stop.signal,
  floor,
  get json() {
    return journal;
  },
};

/** Kills the process with the signal, as if it had no handler. */
const die = (signal: NodeJS.Signals): void => {
  journal?.close(new Interrupted());
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
};

const interrupt = (signal: NodeJS.Signals): void => {
  if (stop.signal.aborted && process.exitCode === 130) {
    // A second Ctrl-C ends the process at once.
    die(signal);
    return;
  }
  process.exitCode = 130;
  stop.abort(new Interrupted());
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);

let reported: unknown;

/**
 * Is this flag set, by the last such argument or in the environment? Must work before parsing, and when parsing fails.
 */
const asked = (flag: string, argument: RegExp): boolean => {
  const last = options.findLast((arg) => argument.test(arg));
  return last === undefined
    ? !['', '0', 'false'].includes(process.env[`RXTORRENT_${flag}`] ?? '')
    : !last.endsWith('=false');
};

/** The one line of an error; with `--verbose` the stack, with `--json` an object too. */
const report = (error: unknown): void => {
  process.exitCode = exitCode(error);
  if (error === reported || error instanceof Interrupted) return;
  reported = error;
  journal?.fail(error);
  io.say(`rxtorrent: ${visible(explain(error))}`);
  if (asked('VERBOSE', /^(-v|--verbose(=.*)?)$/) && error instanceof Error)
    io.say((error.stack ?? '').split('\n').map(visible).join('\n'));
};

const fail = (error: unknown): void => {
  report(error);
  stop.abort(error);
};
process.on('uncaughtException', fail);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has left, as in `rxtorrent info x | head -1`: that is an end, not a failure.
  if (error.code === 'EPIPE') stop.abort(new Interrupted());
  else fail(new StorageError('io', `cannot write to stdout: ${error.message}`, { cause: error }));
});
// However the command ends, open torrents get their `end`.
process.once('exit', () => journal?.close(reported ?? (process.exitCode === 130 ? new Interrupted() : undefined)));
// Without a reader of stderr there is nothing to report.
process.stderr.on('error', () => undefined);

const version = (): string => {
  for (const up of ['../../..', '../..']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8')) as {
        version: string;
      };
      return version;
    } catch {
      // When run from src/ instead of dist/src/ there is one folder less.
    }
  }
  return 'unknown';
};

const run = async (): Promise<void> => {
  try {
    if (asked('JSON', /^--json(=(true|false))?$/))
      journal = new (await import('./json/journal.ts')).Journal(print, version());
    const { runCommandLine } = await import('./commandLine.ts');
    await runCommandLine(args, version(), io);
    journal?.close(reported ?? (process.exitCode === 130 ? new Interrupted() : undefined));
  } catch (error) {
    journal?.close(error);
    report(error);
  }
};
void run();
