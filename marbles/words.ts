import { Geometry, BLOCK } from '../src/torrent/geometry.ts';
import { encodeExtensionHandshake, type ExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { Bitfield } from '../src/torrent/bitfield.ts';
import { blockBytes } from './torrent.ts';

export { LETTERS } from '../src/protocol/peer/messageNames.ts';

/** Block number `n` of a torrent, counted from 1 over all pieces, as the digits of a lane do. */
export const blockAt = (
  geometry: Geometry,
  n: number,
): { readonly piece: number; readonly begin: number; readonly length: number } => {
  const piece = Math.floor((n - 1) / geometry.blocksPerPiece);
  const block = (n - 1) % geometry.blocksPerPiece;
  const length = piece < geometry.pieceCount ? geometry.blockSize(piece, block) : BLOCK;
  return { piece, begin: block * BLOCK, length };
};

/** The digit of the block that begins at `begin` of `piece`; undefined if a lane has none for it. */
export const digitOf = (geometry: Geometry, piece: number, begin: number): string | undefined => {
  const n = piece * geometry.blocksPerPiece + begin / BLOCK + 1;
  return Number.isInteger(n) && n <= 9 ? String(n) : undefined;
};

const EMPTY_DICTIONARY = new TextEncoder().encode('de');

/** Messages by their content: blocks by number, counted from 1, and pieces by index. */
export const wordsFor = (geometry: Geometry) => ({
  have: (piece: number): Message => ({ type: 'have', piece }),
  bitfield: (...pieces: readonly number[]): Message => {
    const field = new Bitfield(geometry.pieceCount);
    for (const piece of pieces) field.set(piece);
    return { type: 'bitfield', bytes: field.bytes };
  },
  request: (n: number): Message => ({ type: 'request', ...blockAt(geometry, n) }),
  cancel: (n: number): Message => ({ type: 'cancel', ...blockAt(geometry, n) }),
  reject: (n: number): Message => ({ type: 'reject', ...blockAt(geometry, n) }),
  block: (n: number): Message => {
    const { piece, begin, length } = blockAt(geometry, n);
    return { type: 'piece', piece, begin, bytes: blockBytes(geometry, piece, begin, length) };
  },
  allowedFast: (piece: number): Message => ({ type: 'allowedFast', piece }),
  suggest: (piece: number): Message => ({ type: 'suggest', piece }),
  extended: (id: number, payload: Uint8Array = EMPTY_DICTIONARY): Message => ({ type: 'extended', id, payload }),
  /**
   * The extension handshake (BEP 10): the id of each extension for messages to its sender, and further fields if given.
   */
  introduction: (ids: Readonly<Record<string, number>>, more: Omit<ExtensionHandshake, 'ids'> = {}): Message => ({
    type: 'extended',
    id: 0,
    payload: encodeExtensionHandshake({ ...more, ids: new Map(Object.entries(ids)) }),
  }),
});

const plain: Readonly<Record<string, Message['type']>> = {
  K: 'keepAlive',
  C: 'choke',
  U: 'unchoke',
  I: 'interested',
  N: 'notInterested',
};

/** The message that a letter of a lane stands for, unless the drawing gives it another meaning. */
export const wordOf = (letter: string, geometry: Geometry): Message => {
  const words = wordsFor(geometry);
  if (letter >= '1' && letter <= '9') return words.block(Number(letter));
  if (letter in plain) return { type: plain[letter] } as Message;
  switch (letter) {
    case 'B':
      return words.bitfield(...Array.from({ length: geometry.pieceCount }, (_, index) => index));
    case 'H':
      return words.have(0);
    case 'R':
      return words.request(1);
    case 'P':
      return words.block(1);
    case 'X':
      return words.cancel(1);
    case 'J':
      return words.reject(1);
    case 'A':
      return words.allowedFast(0);
    case 'S':
      return words.suggest(0);
    case 'E':
      return words.extended(0);
    default:
      throw new RangeError(`the letter ${letter} is not in the alphabet of words: give it a value`);
  }
};
