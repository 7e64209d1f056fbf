import stringWidth from 'string-width';
import { isPrintable } from '../../protocol/encoding/printable.ts';

export { visible } from '../../protocol/encoding/visible.ts';

/** What JSON leaves as it is and a terminal would act on or hide. */
const unseen = (): RegExp => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** How many columns of a terminal `text` takes; it holds no control characters. */
export const columns = (text: string): number => (isPrintable(text) ? text.length : stringWidth(text));

/** What is seen as one character, however many it is made of. */
const characters = (text: string): readonly string[] =>
  isPrintable(text) ? text.split('') : [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);

/** As many of the characters as fit in `limit` columns. */
const taken = (parts: Iterable<string>, limit: number): readonly string[] => {
  const kept: string[] = [];
  let sum = 0;
  for (const part of parts) {
    sum += columns(part);
    if (sum > limit) break;
    kept.push(part);
  }
  return kept;
};

/** `text` cut to at most `limit` columns, with `…` where something is missing. */
export const fit = (text: string, limit: number): string => {
  if (columns(text) <= limit) return text;
  return limit > 0 ? `${taken(characters(text), limit - 1).join('')}…` : '';
};

/** The same, cut in the middle: names differ at their ends. */
export const middle = (text: string, limit: number): string => {
  if (columns(text) <= limit) return text;
  if (limit <= 0) return '';
  const all = characters(text);
  const end = taken(all.toReversed(), Math.floor((limit - 1) / 3)).toReversed();
  const start = taken(all, limit - 1 - columns(end.join('')));
  return `${start.join('')}…${end.join('')}`;
};

const asJson = (unseen: string): string =>
  [...Array(unseen.length).keys()].map((at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/** JSON text whose strings hold no control or direction characters: the same value, harmless on a terminal. */
export const harmless = (json: string): string => (isPrintable(json) ? json : json.replace(unseen(), asJson));

/** One value as one line of JSON. */
export const jsonLine = (value: unknown): string => harmless(JSON.stringify(value));
