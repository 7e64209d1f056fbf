import { Malformed } from '../../protocol/encoding/malformed.ts';
import { numbersIn, numbersText } from './ranges.ts';

/** Something that is said: a letter of the alphabet, and what it is about: `P 17/0-3`, `H 4`, `U`. */
export interface Cue {
  readonly letter: string;
  readonly about: string;
}

/** What happens at one moment: what a peer says, what it is asked, or what became of pieces. */
export interface Row {
  /** Milliseconds. */
  readonly time: number;
  /** The name of a peer; `disk` for what became of pieces. */
  readonly who: string;
  readonly does: 'says' | 'asks' | 'gives';
  readonly cues: readonly Cue[];
}

/** A part of a recorded download that can be played again by drawn peers, and read by users. */
export interface Script {
  /** Pieces in the order in which they were begun; all others were there before, or were not wanted. */
  readonly begun: readonly number[];
  /** The address of each peer by its name. */
  readonly peers: ReadonlyMap<string, string>;
  /** In the order of time. */
  readonly rows: readonly Row[];
}

export const DISK = 'disk';
/** Rows that a script may have: more are no drawing. */
const MAX_ROWS = 1_000_000;

const cueText = ({ letter, about }: Cue): string => (about === '' ? letter : `${letter} ${about}`);

const rowText = ({ time, who, does, cues }: Row, width: number): string =>
  `${`${time}ms`.padStart(10)}  ${who.padEnd(width)} ${does.padEnd(5)}  ${cues.map(cueText).join(', ')}`;

/**
 * As text, one row for each moment:
 *
 * ```
 * begun  17 3-5
 * p1     10.1.0.7:6881
 *
 *   12ms  p1   says   h, B 0-47
 *   14ms  p1   asks   I
 *   31ms  p1   says   U
 *   31ms  p1   asks   R 17/0-3
 *   40ms  p1   says   P 17/0-3
 *   41ms  disk gives  s 17
 * ```
 */
export const scriptText = ({ begun, peers, rows }: Script): string => {
  const width = Math.max(DISK.length, ...[...peers.keys()].map(({ length }) => length));
  return [
    `${'begun'.padEnd(width + 2)} ${numbersText(begun)}`,
    ...[...peers].map(([name, address]) => `${name.padEnd(width + 2)} ${address}`),
    '',
    ...rows.map((row) => rowText(row, width)),
  ].join('\n');
};

const ROW = /^\s*(\d{1,12})ms\s+(\S+)\s+(says|asks|gives)\s+(.*)$/;

const cueIn = (text: string): Cue => {
  const [, letter = '', about = ''] = /^\s*(\S)\s*(.*?)\s*$/.exec(text) ?? [];
  if (letter === '') throw new Malformed('script', 'something that is said between commas', text);
  return { letter, about };
};

/** @throws Malformed */
export const parseScript = (text: string): Script => {
  const peers = new Map<string, string>();
  const rows: Row[] = [];
  let begun: readonly number[] = [];
  for (const line of text.split('\n', MAX_ROWS).filter((each) => each.trim() !== '')) {
    const [, time, who = '', does, said = ''] = ROW.exec(line) ?? [];
    if (time === undefined) {
      const [name = '', ...about] = line.trim().split(/\s+/);
      if (name === 'begun') begun = numbersIn(about.join(' '));
      else if (about.length === 1) peers.set(name, about[0] as string);
      else throw new Malformed('script', 'a row such as 12ms p1 says U', line);
      continue;
    }
    if (who !== DISK && !peers.has(who)) throw new Malformed('script', 'the name of a peer', who);
    const row = { time: Number(time), who, does: does as Row['does'], cues: said.split(',').map(cueIn) };
    if (row.time < (rows.at(-1)?.time ?? 0)) throw new Malformed('script', 'rows in the order of time', line);
    rows.push(row);
  }
  return { begun, peers, rows };
};
