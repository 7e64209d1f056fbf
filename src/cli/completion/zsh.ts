import type { Completed, Option, Values } from './words.ts';

/** Inside of single quotes, where `[ ] : \` mean something to `_arguments`. */
const quoted = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", `'\\''`);

const action = (values: Values): string => {
  if (values === 'file') return '_files';
  return values === 'unknown' ? ' ' : `(${values.join(' ')})`;
};

const option = ({ name, letter, about, values, loose }: Option): readonly string[] => {
  const value = (mark: string): string => (values === undefined ? '' : `${mark}${quoted(name)}:${action(values)}`);
  const long = loose
    ? `'--${name}=-[${quoted(about)}]${value('::')}'`
    : `'*--${name}${values === undefined ? '' : '='}[${quoted(about)}]${value(':')}'`;
  return letter === undefined ? [long] : [long, `'*-${letter}[${quoted(about)}]${loose ? '' : value(':')}'`];
};

const branch = ({ name, options, positionals }: Completed): readonly string[] => {
  const given = positionals.map(([each, values], at) => `'${at + 1}:${each}:${action(values)}'`);
  return [`    ${name})`, `      _arguments ${[...given, ...options.flatMap(option)].join(' \\\n        ')} ;;`];
};

/** The script that zsh evaluates, or finds as `_rxtorrent` in its `fpath`. */
export const zsh = (all: readonly Completed[]): string =>
  [
    '#compdef rxtorrent',
    '# rxtorrent for zsh: eval "$(rxtorrent completion zsh)"',
    '_rxtorrent() {',
    '  local -a commands',
    '  commands=(',
    ...all.map(({ name, about }) => `    '${name}:${quoted(about)}'`),
    '  )',
    '  if (( CURRENT == 2 )); then',
    '    _describe -t commands command commands && return',
    "    _arguments '--help[What there is]' '--version[Which one this is]'",
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...all.flatMap(branch),
    '  esac',
    '}',
    'compdef _rxtorrent rxtorrent',
  ].join('\n');
