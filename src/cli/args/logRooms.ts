import { InputError } from '../../contracts/errors.ts';
import { nearest } from './nearest.ts';
import { visible } from '../io/text.ts';
import type { Direction } from '../../protocol/peer/spoken.ts';

/** Where what is logged was said. */
export const ROOMS = ['tracker', 'dht', 'lsd', 'http', 'peer', 'mse', 'utp', 'proxy', 'nat', 'block', 'disk'] as const;
export type Room = (typeof ROOMS)[number];

/** One line of the protocol log. */
export interface Note {
  readonly room: Room;
  /** `>` for sent, `<` for received; `·` for an event on this machine. */
  readonly direction: Direction | '·';
  /** A peer, a tracker, a file. */
  readonly who: string;
  /** Escaped for a terminal. */
  readonly what: string;
}

export type Hear = (note: Note) => void;

const roomOf = (word: string): readonly Room[] => {
  if (word === 'all' || word === 'true' || word === '1') return ROOMS;
  if (word === 'false' || word === '0' || word === '') return [];
  const room = ROOMS.find((each) => each === word);
  if (room !== undefined) return [room];
  const like = nearest(word, ROOMS);
  const hint = like ? `did you mean ${like}?` : `expected some of ${ROOMS.join(',')}, or nothing for all`;
  throw new InputError('bad-option', `--verbose=${visible(word)}: ${hint}`);
};

/** The rooms that `--verbose` asks for: none when it is absent, all when it names none. */
export const roomsOf = (given: readonly string[]): readonly Room[] => [
  ...new Set(given.flatMap((each) => each.split(',')).flatMap(roomOf)),
];
