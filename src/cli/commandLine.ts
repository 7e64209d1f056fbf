import yargs, { type Argv } from 'yargs';
import { InputError } from '../errors.ts';
import { type Command, commands } from './commands.ts';
import { fromEnvironment } from './environment.ts';
import type { Io } from './io.ts';
import { nearest } from './nearest.ts';
import { visible } from './views/text.ts';

const usageError = (message: string): InputError => new InputError('bad-option', message);

/** The parser takes `--quiet=maybe` for false. */
const checkFlags = (args: readonly string[], { options }: Command): void => {
  for (const arg of args) {
    const [, name, value] = /^--([\w-]+)=(.*)$/s.exec(arg) ?? [];
    if (name === undefined || !options[name]?.boolean || value === 'true' || value === 'false') continue;
    throw usageError(`--${name} takes no value: leave out =${visible(value ?? '')}`);
  }
};

const unknown = (typed: string, name: string, args: readonly string[]): InputError => {
  const dashes = typed.length > 1 ? '--' : '-';
  if (!args.some((arg) => arg.startsWith('-') && arg.replace(/^-+/, '').replace(/=.*$/s, '') === typed))
    return usageError(`${name}: ${visible(typed)} is one argument too many: try rxtorrent ${name} --help`);
  const like = nearest(typed, ['help', ...Object.keys(commands[name]?.options ?? {})]);
  return usageError(`${name}: unknown option ${dashes}${visible(typed)}: ${like ? `did you mean --${like}?` : `try rxtorrent ${name} --help`}`);
};

/** What the parser complains about, in our words: what, and what to try. */
const complaint = (message: string, name: string, args: readonly string[]): InputError => {
  const [first] = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]?.split(', ') ?? [];
  if (first !== undefined) return unknown(first.replace(/^"|"$/g, ''), name, args);
  const [, option] = /^Not enough arguments following: (.*)$/s.exec(message) ?? [];
  if (option !== undefined) return usageError(`${name}: ${option.length > 1 ? '--' : '-'}${visible(option)} needs a value: try rxtorrent ${name} --help`);
  if (message.startsWith('Not enough non-option')) return usageError(`${name}: an argument is missing: rxtorrent ${commands[name]?.usage ?? ''}`);
  return usageError(`${name}: ${visible(message)}`);
};

const commandOf = (args: readonly string[]): string | undefined => {
  const name = args.find((arg) => !arg.startsWith('-'));
  if (name === undefined) {
    const [option] = args;
    if (args.some((arg) => /^--(help|version)$/.test(arg))) return undefined;
    throw usageError(
      option === undefined ? 'a command is missing: try rxtorrent --help' : `a command is missing before ${visible(option)}: try rxtorrent --help`,
    );
  }
  if (Object.hasOwn(commands, name)) return name;
  const like = /\.torrent$|^https?:/.test(name) ? `download ${name}` : nearest(name, Object.keys(commands));
  throw usageError(`unknown command ${visible(name)}: ${like ? `did you mean rxtorrent ${visible(like)}?` : 'try rxtorrent --help'}`);
};

const define = (parser: Argv, { usage, about, positionals, options, examples, run }: Command, io: Io): Argv =>
  parser.command(
    usage,
    about,
    (own) => {
      for (const [name, positional] of Object.entries(positionals)) own.positional(name, positional);
      for (const [line, what] of examples) own.example(line, what);
      return own.options(options).config(fromEnvironment(process.env, options));
    },
    (given) => run(given, io),
  );

const settings = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
};

/** Parses `args` and runs the command they name. Rejects with an `InputError` whose message is one line when they make no sense. */
export const runCommandLine = async (args: readonly string[], version: string, io: Io): Promise<void> => {
  const name = commandOf(args);
  const command = name === undefined ? undefined : commands[name];
  if (command) checkFlags(args, command);
  const parser = yargs([...args])
    .scriptName('rxtorrent')
    .detectLocale(false)
    .parserConfiguration(settings)
    .version(version)
    .wrap(Math.min(process.stdout.columns ?? 100, 110))
    .epilogue(
      'Every option can be set in the environment: --max-peers is RXTORRENT_MAX_PEERS. Exit codes: 0 done, 2 bad input, 3 storage, 4 gave up, 70 our defect, 130 interrupted.',
    )
    .exitProcess(false)
    .strict()
    .fail((message, error) => {
      // Whatever does not throw here lets the handler run.
      if (error instanceof Error && error.name !== 'YError') throw error;
      throw complaint(message ?? error.message, name ?? '', args);
    });
  for (const each of Object.values(commands)) define(parser, each, io);
  await parser.parseAsync();
};
