#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { StorageError } from '../errors.ts';
import { Floor } from './choice/floor.ts';
import { errorEvent, exitCode, explain, Interrupted } from './exit.ts';
import { jsonLine, visible } from './views/text.ts';

const args = process.argv.slice(2);
/** After `--` nothing is an option. */
const options = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
const stop = new AbortController();
const floor = new Floor((line) => void process.stderr.write(`${line}\n`));
const io = {
  print: (line: string): void => void process.stdout.write(`${line}\n`),
  say: floor.say,
  stopped: stop.signal,
  floor,
};

/** As if nobody had listened. */
const die = (signal: NodeJS.Signals): void => {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
};

const interrupt = (signal: NodeJS.Signals): void => {
  if (stop.signal.aborted && process.exitCode === 130) {
    // The second one is meant.
    die(signal);
    return;
  }
  process.exitCode = 130;
  stop.abort(new Interrupted());
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);

let reported: unknown;

/** Is this flag set, by an argument or in the environment? Known before anything is parsed, and when nothing can be. */
const asked = (flag: string, argument: RegExp): boolean =>
  options.some((arg) => argument.test(arg)) || !['', '0', 'false'].includes(process.env[`RXTORRENT_${flag}`] ?? '');

/** The one line of an error; with `--verbose` the stack, with `--json` an object too. */
const report = (error: unknown): void => {
  process.exitCode = exitCode(error);
  if (error === reported || error instanceof Interrupted) return;
  reported = error;
  if (asked('JSON', /^--json(=true)?$/)) io.print(jsonLine(errorEvent(error)));
  io.say(`rxtorrent: ${visible(explain(error))}`);
  if (asked('VERBOSE', /^(-v|--verbose(=.*)?)$/) && error instanceof Error) io.say((error.stack ?? '').split('\n').map(visible).join('\n'));
};

const fail = (error: unknown): void => {
  report(error);
  stop.abort(error);
};
process.on('uncaughtException', fail);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Nobody reads any more, as in `rxtorrent info x | head -1`: that is an end, not a failure.
  if (error.code === 'EPIPE') stop.abort(new Interrupted());
  else fail(new StorageError('io', `cannot write to stdout: ${error.message}`, { cause: error }));
});
// Without anybody to tell there is nothing to be told.
process.stderr.on('error', () => undefined);

const version = (): string => {
  for (const up of ['../../..', '../..']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8')) as { version: string };
      return version;
    } catch {
      // Run from src/ instead of dist/src/: one folder less.
    }
  }
  return 'unknown';
};

const run = async (): Promise<void> => {
  try {
    const { runCommandLine } = await import('./commandLine.ts');
    await runCommandLine(args, version(), io);
  } catch (error) {
    report(error);
  }
};
void run();
