import type { Message } from '../src/protocol/peer/messages.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { LETTERS, digitOf } from './words.ts';

/** Letters of the events of a download. */
const EVENTS: Readonly<Record<string, string>> = {
  stored: 's',
  corrupt: 'c',
  'peer-joined': 'j',
  'peer-left': 'l',
  announced: 'a',
  warning: 'w',
  rechecked: 'r',
  restored: 'e',
  progress: 'p',
  done: 'd',
};

type Fields = Readonly<Record<string, unknown>>;

const pieceLetter = (index: number): string => String.fromCharCode(97 + (index % 26));

/** The letters that stand for a value where a drawing gives no values; the first one is printed. */
export const lettersOf = (value: unknown, geometry: Geometry): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value === 'boolean') return [value ? 't' : 'f'];
  if (typeof value !== 'object' || value === null) return [];
  const fields = value as Fields;
  const type = fields['type'];
  if (typeof type === 'string') return typed(type, fields, geometry);
  if ('begin' in fields && 'from' in fields) return block(fields, geometry);
  if ('index' in fields && 'bytes' in fields)
    return fields['valid'] === false ? ['x'] : [pieceLetter(fields['index'] as number)];
  if ('messages$' in fields) return ['p'];
  if ('bytes$' in fields) return ['w'];
  return [];
};

const block = (fields: Fields, geometry: Geometry): readonly string[] => {
  const digit = digitOf(geometry, fields['piece'] as number, fields['begin'] as number);
  return digit === undefined ? [] : [digit];
};

const typed = (type: string, fields: Fields, geometry: Geometry): readonly string[] => {
  if (type === 'handshake') return ['h'];
  const message = LETTERS[type as Message['type']] as string | undefined;
  if (message !== undefined) return type === 'piece' ? [message, ...block(fields, geometry)] : [message];
  const event = EVENTS[type];
  return event === undefined ? [] : [event, String(fields['index'])];
};
