import {
  encodeExtensionHandshake,
  decodeExtensionHandshake,
  EXTENSION_HANDSHAKE,
} from '../../protocol/peer/extensions.ts';
import { LETTERS } from '../../protocol/peer/messageNames.ts';
import type { Message } from '../../protocol/peer/messages.ts';
import { Bitfield } from '../../torrent/bitfield.ts';
import { BLOCK, type Geometry } from '../../torrent/geometry.ts';
import type { Word } from '../words.ts';
import { numbersIn, numbersText, type Place, placesIn, placesText } from './ranges.ts';
import type { Cue } from './script.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';

const BLOCKS: Readonly<Record<string, 'request' | 'cancel' | 'reject' | 'piece'>> = {
  R: 'request',
  X: 'cancel',
  J: 'reject',
  P: 'piece',
};
const PIECES: Readonly<Record<string, 'have' | 'suggest' | 'allowedFast'>> = {
  H: 'have',
  S: 'suggest',
  A: 'allowedFast',
};
const PLAIN: Readonly<Record<string, 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'keepAlive'>> = {
  C: 'choke',
  U: 'unchoke',
  I: 'interested',
  N: 'notInterested',
  K: 'keepAlive',
};

/** Something that was said, before what is alike is put together. */
export interface Bit {
  readonly letter: string;
  readonly about: string | number | Place;
}

/** What of a message matters for what a peer is asked; undefined if nothing does. */
export const bitOf = (word: Word, geometry: Geometry): Bit | undefined => {
  switch (word.type) {
    case 'handshake':
      return { letter: 'h', about: word.fast ? 'fast' : '' };
    case 'garbage':
      return { letter: '#', about: '' };
    case 'request':
    case 'cancel':
    case 'reject':
    case 'piece': {
      const at = word.begin / BLOCK;
      const there = Number.isInteger(at) && at < geometry.blockCount(word.piece);
      return there ? { letter: LETTERS[word.type], about: [word.piece, at] } : undefined;
    }
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return { letter: LETTERS[word.type], about: word.piece };
    case 'haveAll':
    case 'bitfield': {
      const all = Array.from({ length: geometry.pieceCount }, (_, index) => index);
      const has = word.type === 'bitfield' ? Bitfield.told(word.bytes, geometry.pieceCount) : undefined;
      return { letter: 'B', about: numbersText(has ? all.filter((index) => has.has(index)) : all) };
    }
    case 'haveNone':
      return { letter: 'B', about: '' };
    case 'extended': {
      const { reqq } = word.id === EXTENSION_HANDSHAKE ? decodeExtensionHandshake(word.payload) : {};
      return reqq === undefined ? undefined : { letter: 'E', about: String(reqq) };
    }
    default:
      return LETTERS[word.type] in PLAIN && word.type !== 'keepAlive'
        ? { letter: LETTERS[word.type], about: '' }
        : undefined;
  }
};

const aboutText = (abouts: readonly Bit['about'][]): string => {
  const [first] = abouts;
  if (typeof first === 'number') return numbersText(abouts as readonly number[]);
  return typeof first === 'object' ? placesText(abouts as readonly Place[]) : (first ?? '');
};

/** What was said in a row, in a few cues: `R 17/0-3` for four requests. */
export const cuesOf = (bits: readonly Bit[]): readonly Cue[] => {
  const groups: { readonly letter: string; readonly abouts: Bit['about'][] }[] = [];
  for (const { letter, about } of bits) {
    const group = groups.at(-1);
    if (group?.letter === letter && typeof about !== 'string') group.abouts.push(about);
    else groups.push({ letter, abouts: [about] });
  }
  return groups.map(({ letter, abouts }) => ({ letter, about: aboutText(abouts) }));
};

const piecesOf = (about: string, geometry: Geometry): Uint8Array => {
  const field = new Bitfield(geometry.pieceCount);
  for (const piece of numbersIn(about)) field.set(piece);
  return field.bytes;
};

/** The messages that a cue stands for. @throws Malformed */
export const messagesOf = ({ letter, about }: Cue, geometry: Geometry): readonly Message[] => {
  const [blocks, pieces, plain] = [BLOCKS[letter], PIECES[letter], PLAIN[letter]];
  if (blocks !== undefined)
    return placesIn(about).map(([piece, block]): Message => {
      const [begin, length] = [block * BLOCK, geometry.blockSize(piece, block)];
      return blocks === 'piece'
        ? { type: 'piece', piece, begin, bytes: new Uint8Array(length) }
        : { type: blocks, piece, begin, length };
    });
  if (pieces !== undefined) return numbersIn(about).map((piece): Message => ({ type: pieces, piece }));
  if (plain !== undefined) return [{ type: plain }];
  if (letter === 'B') return [{ type: 'bitfield', bytes: piecesOf(about, geometry) }];
  if (letter === 'E') {
    const [reqq] = numbersIn(about);
    const payload = encodeExtensionHandshake({ ids: new Map(), ...(reqq !== undefined && { reqq }) });
    return [{ type: 'extended', id: EXTENSION_HANDSHAKE, payload }];
  }
  throw new Malformed('script', 'a letter of the alphabet', letter);
};
