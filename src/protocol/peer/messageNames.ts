import type { Message } from './messages.ts';

/** The letter of each kind of message, the same in every drawing; both kinds of bitfield of BEP 6 are a `B`, too. */
export const LETTERS: Readonly<Record<Message['type'], string>> = {
  keepAlive: 'K',
  choke: 'C',
  unchoke: 'U',
  interested: 'I',
  notInterested: 'N',
  have: 'H',
  bitfield: 'B',
  haveAll: 'B',
  haveNone: 'B',
  request: 'R',
  piece: 'P',
  cancel: 'X',
  reject: 'J',
  allowedFast: 'A',
  suggest: 'S',
  port: 'D',
  extended: 'E',
  hashRequest: 'Q',
  hashes: 'M',
  hashReject: 'Z',
  unknown: '?',
};

/** The common name of a kind of message, where that is not its type. */
export const NAMES: Readonly<Partial<Record<Message['type'], string>>> = {
  keepAlive: 'keep-alive',
  notInterested: 'not interested',
  haveAll: 'have all',
  haveNone: 'have none',
  allowedFast: 'allowed fast',
  piece: 'block',
  hashRequest: 'hash request',
  hashReject: 'hash reject',
};
