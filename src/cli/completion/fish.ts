import type { Completed, Option, Values } from './words.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const takes = (values: Values): string => {
  if (values === 'file') return ' -r -F';
  return values === 'unknown' ? ' -x' : ` -x -a ${quoted(values.join(' '))}`;
};

const line = (command: string, { name, letter, about, values, loose }: Option): string => {
  const kind =
    values === undefined ? '' : loose && typeof values !== 'string' ? ` -a ${quoted(values.join(' '))}` : takes(values);
  const when = quoted(`__fish_seen_subcommand_from ${command}`);
  const short = letter === undefined ? '' : ` -s ${letter}`;
  return `complete -c rxtorrent -n ${when} -l ${name}${short}${kind} -d ${quoted(about)}`;
};

const argumentsOf = ({ name, positionals }: Completed): readonly string[] => {
  const when = `complete -c rxtorrent -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
  if (positionals.some(([, values]) => values === 'file')) return [`${when} -F`];
  return positionals.flatMap(([, values]) =>
    typeof values === 'string' ? [] : [`${when} -a ${quoted(values.join(' '))}`],
  );
};

/** The script that fish sources. */
export const fish = (all: readonly Completed[]): string =>
  [
    '# rxtorrent for fish: rxtorrent completion fish | source',
    'complete -c rxtorrent -f',
    "complete -c rxtorrent -n __fish_use_subcommand -l help -d 'What there is'",
    "complete -c rxtorrent -n __fish_use_subcommand -l version -d 'Which one this is'",
    ...all.map(({ name, about }) => `complete -c rxtorrent -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`),
    ...all.flatMap((each) => [...argumentsOf(each), ...each.options.map((option) => line(each.name, option))]),
  ].join('\n');
