import type { Argv } from 'yargs';
import { InputError } from '../contracts/errors.ts';
import { aliases } from './args/aliases.ts';
import type { Command } from './command.ts';
import { commands } from './commandTable.ts';
import { aboutVariable, fromEnvironment, unknownVariables } from './args/environment.ts';
import { roomsOf } from './args/logRooms.ts';
import type { Given, Io } from './io/io.ts';
import { overviewLines } from './help.ts';
import { nearest } from './args/nearest.ts';
import { flag, texts } from './args/values.ts';
import { visible } from './io/text.ts';

const usageError = (message: string): InputError => new InputError('bad-option', message);

/** The arguments before `--`, which may be options. */
const beforeDashes = (args: readonly string[]): readonly string[] =>
  args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);

/**
 * Replaces short forms by long ones. `--verbose` without a value is given one, since the parser would take the next
 * argument for its value.
 */
const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--verbose=all', '--verbose': '--verbose=all' };

const spelledOut = (args: readonly string[]): readonly string[] => {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((arg, at) => (at < end && Object.hasOwn(SHORT, arg) ? (SHORT[arg] ?? arg) : arg));
};

/**
 * A mark that no argument can contain, put before arguments that look like options and are none, which the parser would
 * not give to a command: `-` anywhere, and every argument after `--`.
 */
const LITERAL = '\0';

const literally = (args: readonly string[]): readonly string[] => {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const marked = (arg: string): string => `${LITERAL}${arg}`;
  const before = args.slice(0, end).map((arg) => (arg === '-' ? marked(arg) : arg));
  return [...before, ...args.slice(end + 1).map((arg) => (arg.startsWith('-') ? marked(arg) : arg))];
};

const asTyped = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asTyped);
  return typeof value === 'string' && value.startsWith(LITERAL) ? value.slice(LITERAL.length) : value;
};

/** An empty argument is a variable that was not set: as a path it would mean the current folder. */
const checkArguments = (
  given: Readonly<Record<string, unknown>>,
  name: string,
  { positionals, usage }: Command,
): void => {
  const empty = Object.keys(positionals).find((each) => [given[each]].flat().includes(''));
  if (empty !== undefined) throw usageError(`${name}: <${empty}> is empty: rxtorrent ${usage}`);
};

/** Refuses arguments that the parser would ignore (`--quiet=maybe`) or misread (`--prot 1` takes the 1 away). */
const checkOptions = (args: readonly string[], name: string, { options }: Command): void => {
  for (const arg of args) {
    if (arg === '--') return;
    const [, option, value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (option === undefined || option === 'help' || option === 'version') continue;
    if (!Object.hasOwn(options, option)) {
      const like = nearest(option, ['help', ...Object.keys(options)]);
      const hint = like ? `did you mean --${like}?` : `try rxtorrent ${name} --help`;
      throw usageError(`${name}: unknown option --${visible(option)}: ${hint}`);
    }
    if (!options[option]?.boolean || value === undefined || value === 'true' || value === 'false') continue;
    throw usageError(`${name}: --${option} takes no value: leave out =${visible(value)}`);
  }
};

const unknown = (typed: string, name: string, args: readonly string[]): InputError => {
  const letter = args.some((arg) => /^-[^-]/.test(arg) && arg.includes(typed));
  const what = letter ? `unknown option -${visible(typed)}` : `${visible(typed)} is one argument too many`;
  return usageError(`${name}: ${what}: try rxtorrent ${name} --help`);
};

/** The parser's complaint in our words: what is wrong, and what to try. */
const complaint = (message: string, name: string, args: readonly string[]): InputError => {
  const [first] = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]?.split(', ') ?? [];
  if (first !== undefined) return unknown(first.replace(/^"|"$/g, ''), name, args);
  const [, option] = /^Not enough arguments following: (.*)$/s.exec(message) ?? [];
  if (option !== undefined)
    return usageError(
      `${name}: ${option.length > 1 ? '--' : '-'}${visible(option)} needs a value: try rxtorrent ${name} --help`,
    );
  if (message.startsWith('Not enough non-option'))
    return usageError(`${name}: an argument is missing: rxtorrent ${commands[name]?.usage ?? ''}`);
  return usageError(`${name}: ${visible(message)}`);
};

const commandOf = (args: readonly string[]): string | undefined => {
  const name = args.find((arg) => !arg.startsWith('-'));
  if (name === undefined) {
    const [option] = args;
    if (args.some((arg) => /^--(help|version)$/.test(arg))) return undefined;
    throw usageError(
      option === undefined
        ? 'a command is missing: try rxtorrent --help'
        : `a command is missing before ${visible(option)}: try rxtorrent --help`,
    );
  }
  if (Object.hasOwn(commands, name)) return name;
  if (Object.hasOwn(aliases, name)) return aliases[name];
  const like = /\.torrent$|^(https?|magnet):/.test(name)
    ? `download ${name}`
    : nearest(name, [...Object.keys(commands), ...Object.keys(aliases)]);
  throw usageError(
    `unknown command ${visible(name)}: ${like ? `did you mean rxtorrent ${visible(like)}?` : 'try rxtorrent --help'}`,
  );
};

const settings = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
};

const NOTE =
  'Every option can be set in the environment: --max-peers is RXTORRENT_MAX_PEERS. ' +
  'Exit codes: 0 done, 2 bad input, 3 storage, 4 gave up, 70 our defect, 130 interrupted.';

const parserOf = (parser: Argv, version: string): Argv =>
  parser
    .detectLocale(false)
    .parserConfiguration(settings)
    .version(version)
    .wrap(Math.min(process.stdout.columns ?? 100, 110))
    .exitProcess(false)
    .strict();

/** A line to copy, and below it what it does. */
const examplesText = (name: string, examples: Command['examples']): string =>
  [
    'Examples:',
    ...examples.flatMap(([line, what]) => [`  ${line.replace('$0', `rxtorrent ${name}`)}`, `      ${what}`]),
  ].join('\n');

const define = (own: Argv, name: string, { positionals, options, examples }: Command, environment: object): Argv => {
  for (const [name, positional] of Object.entries(positionals)) own.positional(name, positional);
  return own
    .epilogue(`${examplesText(name, examples)}\n\n${NOTE}`)
    .options(options)
    .config(environment);
};

/** Was `option` given as an argument? Then the environment is ignored. */
const isTyped = (args: readonly string[], option: string, { options }: Command): boolean => {
  const letter = options[option]?.alias;
  const short = typeof letter === 'string' ? new RegExp(`^-[a-z]*${letter}`) : undefined;
  return beforeDashes(args).some((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`) || short?.test(arg));
};

/** An error that is not about one command. */
const general = (isVersion: boolean, text: string, { print, json }: Io): void => {
  json?.start();
  json?.tell(isVersion ? { type: 'version', version: text } : { type: 'help', text });
  if (!json) print(text);
};

/** A command as called: its arguments, and the options from the environment. */
interface Call {
  readonly name: string;
  readonly command: Command;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, unknown>>;
}

/** The parser of this one command, which complains in our words. `words` are its arguments without its name. */
const parserFor = async ({ name, args }: Call, words: readonly string[], version: string): Promise<Argv> => {
  const { default: yargs } = await import('yargs');
  return parserOf(yargs(words).scriptName(`rxtorrent ${name}`), version).fail((message, error) => {
    // If this does not throw, the handler runs.
    if (error instanceof Error && error.name !== 'YError') throw error;
    throw complaint((message ?? error.message).replaceAll(LITERAL, ''), name, beforeDashes(args));
  });
};

/** Runs the command with the arguments as parsed. */
const runParsed = async (
  { name, command, args, environment }: Call,
  given: Given,
  loading: ReturnType<Command['load']>,
  io: Io,
): Promise<void> => {
  const typed = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, asTyped(value)]));
  checkArguments(typed, name, command);
  for (const message of unknownVariables(process.env, Object.values(commands))) {
    io.json?.tell({ type: 'warning', code: 'unknown-variable', message });
    if (!flag(typed, 'quiet')) io.say(`warning: ${message}`);
  }
  try {
    const rooms = roomsOf(texts(given, 'verbose'));
    const run = await loading;
    await run({ ...typed, verbose: rooms.length > 0, rooms, offers: Object.keys(command.options) }, io);
  } catch (error) {
    const fromVariables = Object.keys(environment).filter((option) => !isTyped(args, option, command));
    throw aboutVariable(error, new Set(fromVariables));
  }
};

/** Parses `args` and runs the command they name. Rejects with an `InputError` of one line when they are invalid. */
export const runCommandLine = async (given: readonly string[], version: string, io: Io): Promise<void> => {
  const args = spelledOut(given);
  const [typed = '', ...after] = args;
  // `help` and `help info`, as in other programs.
  if (typed === 'help') return runCommandLine([...after.slice(0, 1), '--help'], version, io);
  const name = commandOf(args);
  const command = name === undefined ? undefined : commands[name];
  const helps = args.includes('--help');
  if (name === undefined || command === undefined)
    return helps ? general(false, overviewLines().join('\n'), io) : general(true, version, io);
  if (io.json) io.json.command = name;
  checkOptions(args, name, command);
  // The command's modules load while the parser does; help needs none.
  const loading = helps ? undefined : command.load();
  loading?.catch(() => undefined);
  // Help must not fail because of a variable either.
  const call = { name, command, args, environment: helps ? {} : fromEnvironment(process.env, command.options) };
  const words = literally(args);
  const others = words.filter((_, at) => at !== words.findIndex((arg) => !arg.startsWith('-')));
  const parser = await parserFor(call, others, version);
  // We print the parser's own messages ourselves.
  let text = '';
  await parser
    .command(
      command.usage.replace(name, '$0'),
      command.about,
      (own) => define(own, name, command, call.environment),
      (parsed) => runParsed(call, parsed, loading ?? command.load(), io),
    )
    .parseAsync(others, {}, (_error, _argv, output) => void (text = output));
  if (text !== '') general(text === version, text, io);
};
