import type { Completed, Option } from './words.ts';

const long = ({ name }: Option): string => `--${name}`;
const spellings = ({ name, letter }: Option): readonly string[] => [
  `--${name}`,
  ...(letter === undefined ? [] : [`-${letter}`]),
];

/** One branch of `case` for each group of options that take the same kind of value. */
const branches = (all: readonly Completed[]): readonly string[] => {
  const byValues = new Map<string, Set<string>>();
  for (const option of all.flatMap(({ options }) => options)) {
    if (option.values === undefined || option.loose) continue;
    const action =
      option.values === 'file'
        ? '_rxtorrent_files'
        : option.values === 'unknown'
          ? ':'
          : `_rxtorrent_words '${option.values.join(' ')}'`;
    const names = byValues.get(action) ?? new Set();
    byValues.set(action, names);
    for (const name of spellings(option)) names.add(name);
  }
  return [...byValues].map(([action, names]) => `    ${[...names].join('|')}) ${action}; return ;;`);
};

const argument = ({ positionals }: Completed): string => {
  if (positionals.some(([, values]) => values === 'file')) return '_rxtorrent_files';
  const words = positionals.flatMap(([, values]) => (typeof values === 'string' ? [] : values));
  return words.length > 0 ? `_rxtorrent_words '${words.join(' ')}'` : ':';
};

/** The script that bash evaluates. */
export const bash = (all: readonly Completed[]): string =>
  [
    '# rxtorrent for bash: eval "$(rxtorrent completion bash)"',
    `_rxtorrent_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }`,
    `_rxtorrent_files() { local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur")); }`,
    '_rxtorrent() {',
    '  local cur=${COMP_WORDS[COMP_CWORD]} command= i',
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    if [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi',
    '  done',
    '  if [[ -z $command ]]; then',
    `    _rxtorrent_words '${[...all.map(({ name }) => name), '--help', '--version'].join(' ')}'`,
    '    return',
    '  fi',
    '  case ${COMP_WORDS[COMP_CWORD-1]} in',
    ...branches(all),
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    case $command in',
    ...all.map(({ name, options }) => `      ${name}) _rxtorrent_words '${options.map(long).join(' ')}' ;;`),
    '    esac',
    '    return',
    '  fi',
    '  case $command in',
    ...all.map((each) => `    ${each.name}) ${argument(each)} ;;`),
    '  esac',
    '}',
    'complete -o filenames -F _rxtorrent rxtorrent',
  ].join('\n');
