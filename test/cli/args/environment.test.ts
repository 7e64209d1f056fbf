import { afterEach, describe, expect, it, vi } from 'vitest';
import { commands } from '../../../src/cli/commandTable.ts';
import { runCommandLine } from '../../../src/cli/commandLine.ts';
import { aboutVariable, fromEnvironment, unknownVariables } from '../../../src/cli/args/environment.ts';
import type { Given } from '../../../src/cli/io/io.ts';
import { APART } from '../../../src/cli/args/option.ts';
import { downloadOptions } from '../../../src/cli/args/options.ts';
import { InputError, StorageError } from '../../../src/contracts/errors.ts';

const numbers = new URL('../../../node_modules/webtorrent-fixtures/fixtures/numbers.torrent', import.meta.url).pathname;
const variableOf = (option: string): string => `RXTORRENT_${option.toUpperCase().replaceAll('-', '_')}`;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What is said while `args` are run with these variables, beside those that keep all tests from the network. */
const runWith = async (
  args: readonly string[],
  environment: Record<string, string>,
  print: (line: string) => void = () => {},
): Promise<readonly string[]> => {
  const said: string[] = [];
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const io = { print, say: (line: string) => void said.push(line), stopped: new AbortController().signal };
  await runCommandLine(args, '1.0.0', io);
  return said;
};

/** What the command would have been given. */
const givenTo = async (name: string, args: readonly string[], environment: Record<string, string>): Promise<Given> => {
  let all: Given = {};
  const command = commands[name];
  if (command === undefined) throw new Error(name);
  vi.spyOn(command, 'load').mockResolvedValue((given) => {
    all = given;
    return Promise.resolve();
  });
  const needed = command.usage.match(/<[^>]*>/g) ?? [];
  await runWith([name, ...needed.map((_, at) => `x${at}`), ...args], environment);
  return all;
};

const every = Object.entries(commands).flatMap(([name, { options }]) =>
  Object.entries(options).map(([option, { boolean, apart }]) => ({ name, option, boolean: boolean === true, apart })),
);

describe('the environment has every option of every command', () => {
  it.each(every.filter(({ boolean }) => boolean))('$name --$option', async ({ name, option }) => {
    const typed = await givenTo(name, [`--${option}`], {});
    expect(typed[option]).toBe(true);
    for (const yes of ['1', 'true']) expect(await givenTo(name, [], { [variableOf(option)]: yes })).toEqual(typed);
    for (const no of ['0', 'false', ''])
      expect((await givenTo(name, [], { [variableOf(option)]: no }))[option]).not.toBe(true);
    expect((await givenTo(name, [`--${option}=false`], { [variableOf(option)]: '1' }))[option]).toBe(false);
    await expect(givenTo(name, [], { [variableOf(option)]: 'maybe' })).rejects.toThrow(
      `${variableOf(option)}="maybe": expected 1 or 0`,
    );
  });

  it.each(every.filter(({ boolean, apart, option }) => !boolean && option !== 'verbose' && !apart))(
    '$name --$option VALUE',
    async ({ name, option }) => {
      const typed = await givenTo(name, [`--${option}`, 'a b,c'], {});
      expect(typed[option]).toBe('a b,c');
      expect(await givenTo(name, [], { [variableOf(option)]: 'a b,c' })).toEqual(typed);
      expect((await givenTo(name, [], { [variableOf(option)]: '' }))[option]).toBeUndefined();
      expect((await givenTo(name, [`--${option}`, 'typed'], { [variableOf(option)]: 'not' }))[option]).toBe('typed');
    },
  );

  it.each(every.filter(({ apart, option }) => apart !== undefined && option !== 'verbose'))(
    '$name --$option VALUE …',
    async ({ name, option, apart }) => {
      const typed = await givenTo(name, [`--${option}`, 'a', `--${option}`, 'b'], {});
      expect(typed[option]).toEqual(['a', 'b']);
      expect(await givenTo(name, [], { [variableOf(option)]: '\na\nb\n' })).toEqual(typed);
      const words = (await givenTo(name, [], { [variableOf(option)]: 'a b' }))[option];
      expect(words).toEqual(apart === APART.lines ? ['a b'] : ['a', 'b']);
      const commas = (await givenTo(name, [], { [variableOf(option)]: 'a,b' }))[option];
      expect(commas).toEqual(apart === APART.commas ? ['a', 'b'] : ['a,b']);
      expect((await givenTo(name, [`--${option}`, 'typed'], { [variableOf(option)]: 'a b' }))[option]).toBe('typed');
    },
  );

  it.each(Object.keys(commands))('%s --verbose', async (name) => {
    expect(await givenTo(name, [], { RXTORRENT_VERBOSE: 'tracker disk' })).toMatchObject({
      verbose: true,
      rooms: ['tracker', 'disk'],
    });
    expect(await givenTo(name, [], { RXTORRENT_VERBOSE: '0' })).toMatchObject({ verbose: false, rooms: [] });
    await expect(givenTo(name, [], { RXTORRENT_VERBOSE: 'dsik' })).rejects.toThrow(
      'RXTORRENT_VERBOSE=dsik: did you mean disk?',
    );
  });

  it('has those that may be repeated, and says so', () => {
    const many = every.filter(({ apart, option }) => apart !== undefined && option !== 'verbose');
    expect(new Set(many.map(({ option }) => option))).toEqual(
      new Set(every.flatMap(({ name, option }) => (repeats(name, option) ? [option] : []))),
    );
    expect(many.map(({ option }) => option)).toEqual(
      expect.arrayContaining(['peer', 'tracker', 'bootstrap', 'web-seed']),
    );
  });
});

const repeats = (name: string, option: string): boolean =>
  /may be repeated/.test(String(commands[name]?.options[option]?.describe));

describe('what is wrong with a variable is said of the variable', () => {
  it.each<[args: string[], variable: string, value: string, says: string]>([
    [['download', numbers], 'RXTORRENT_PORT', '70000', 'RXTORRENT_PORT="70000": expected a whole number'],
    [['download', numbers], 'RXTORRENT_TIMEOUT', 'soon', 'RXTORRENT_TIMEOUT="soon": expected a time above 0'],
    [['download', numbers], 'RXTORRENT_MEMORY', '1', 'RXTORRENT_MEMORY="1": expected a size'],
    [['download', numbers], 'RXTORRENT_ORDER', 'best', 'RXTORRENT_ORDER="best": expected rarest or sequential'],
    [['download', numbers], 'RXTORRENT_PEER', '192.0.2.1:1 nobody', 'RXTORRENT_PEER="nobody": expected host:port'],
    [['download', numbers], 'RXTORRENT_TRACKER', 'ftp://x', 'RXTORRENT_TRACKER="ftp://x": expected http(s)'],
    [['download', numbers], 'RXTORRENT_RATIO', '2', 'RXTORRENT_RATIO says how to seed: give --seed, too'],
    [['download', numbers], 'RXTORRENT_OUTPUT', numbers, 'RXTORRENT_OUTPUT'],
    [['create', numbers], 'RXTORRENT_WEB_SEED', 'x', 'RXTORRENT_WEB_SEED="x": expected http(s)'],
    [['create', numbers], 'RXTORRENT_PIECE_LENGTH', '3M', 'RXTORRENT_PIECE_LENGTH'],
    [['demo'], 'RXTORRENT_SIZE', '1', 'RXTORRENT_SIZE="1": expected a size'],
  ])('%j with %s=%s', async (args, name, value, says) => {
    await expect(runWith(args, { [name]: value })).rejects.toThrow(InputError);
    await expect(runWith(args, { [name]: value })).rejects.toThrow(says);
  });

  it('but what was typed, of what was typed', async () => {
    await expect(runWith(['download', numbers, '--port', 'x'], { RXTORRENT_PORT: '1' })).rejects.toThrow('--port "x"');
    await expect(runWith(['download', numbers, '-o', numbers], { RXTORRENT_OUTPUT: 'x' })).rejects.toThrow(/^--output/);
    const typed = new InputError('bad-option', '--port "x": no');
    expect(aboutVariable(typed, new Set(['output']))).toBe(typed);
    const disk = new StorageError('io', '--output is full');
    expect(aboutVariable(disk, new Set(['output']))).toBe(disk);
  });

  it('help does not mind', async () => {
    const printed: string[] = [];
    const environment = { RXTORRENT_QUIET: 'maybe', RXTORRENT_FOO: '1' };
    expect(await runWith(['download', '--help'], environment, (line) => void printed.push(line))).toEqual([]);
    expect(printed.join('\n')).toContain('--max-peers');
  });
});

describe('a variable of no option', () => {
  const warned = (environment: Record<string, string>): readonly string[] =>
    unknownVariables(environment, Object.values(commands));

  it('is told of, with the one that may be meant', () => {
    expect(warned({ RXTORRENT_MAX_PEER: '1' })).toEqual([
      'RXTORRENT_MAX_PEER is not the variable of any option: did you mean RXTORRENT_MAX_PEERS?',
    ]);
    expect(warned({ RXTORRENT_max_peers: '1' })).toEqual([
      'RXTORRENT_max_peers is not the variable of any option: did you mean RXTORRENT_MAX_PEERS?',
    ]);
    expect(warned({ RXTORRENT_FROBNICATION: '1' })).toEqual([
      'RXTORRENT_FROBNICATION is not the variable of any option: it changes nothing',
    ]);
    expect(warned({ 'RXTORRENT_\x1b[2J\n': '1' })[0]).toMatch(/^RXTORRENT_\\x1b\[2J\\x0a is not/);
  });

  it('is told of only if it could be ours, and few times', () => {
    for (const option of new Set(every.map(({ option }) => option)))
      expect(warned({ [variableOf(option)]: '1' })).toEqual([]);
    expect(warned({ PATH: '', RXTORRENT: '', MY_RXTORRENT_FOO: '' })).toEqual([]);
    expect(warned(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`RXTORRENT_X${n}`, ''])))).toHaveLength(5);
  });

  it('is not told of by a command that is to be quiet', async () => {
    expect(await runWith(['decode', 'i1e'], { RXTORRENT_FOO: '1' })).toEqual([
      expect.stringContaining('warning: RXTORRENT_FOO is not') as string,
    ]);
    vi.spyOn(commands['create'] ?? expect.unreachable(), 'load').mockResolvedValue(() => Promise.resolve());
    expect(await runWith(['create', 'x', '--quiet'], { RXTORRENT_FOO: '1' })).toEqual([]);
  });
});

describe('fromEnvironment', () => {
  it('takes the options of a command, and leaves others alone', () => {
    const environment = {
      RXTORRENT_MAX_PEERS: '7',
      RXTORRENT_QUIET: '1',
      RXTORRENT_RECHECK: '0',
      RXTORRENT_PEER: 'a:1 b:2,c:3',
      RXTORRENT_PIECES: 'x',
      PORT: '1',
    };
    expect(fromEnvironment(environment, downloadOptions)).toEqual({
      'max-peers': '7',
      quiet: true,
      recheck: false,
      peer: ['a:1', 'b:2', 'c:3'],
    });
  });
});
