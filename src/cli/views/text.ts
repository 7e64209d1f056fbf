export { visible } from '../../protocol/visible.ts';

/** What JSON leaves as it is and a terminal would act on or hide. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Characters that take two columns, roughly: CJK, Hangul, full-width forms, emoji. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{M}/u;

const width = (character: string): number => (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** How many columns of a terminal `text` takes; it holds no control characters. */
export const columns = (text: string): number => {
  let sum = 0;
  for (const character of text) sum += width(character);
  return sum;
};

/** `text` cut to at most `limit` columns, with `…` where something is missing. */
export const fit = (text: string, limit: number): string => {
  if (columns(text) <= limit) return text;
  let kept = '';
  let sum = 1;
  for (const character of text) {
    sum += width(character);
    if (sum > limit) break;
    kept += character;
  }
  return limit > 0 ? `${kept}…` : '';
};

const asJson = (unseen: string): string => [...Array(unseen.length).keys()].map((at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/** JSON text whose strings hold no control or direction characters: the same value, harmless on a terminal. */
export const harmless = (json: string): string => json.replace(UNSEEN, asJson);

/** One value as one line of JSON. */
export const jsonLine = (value: unknown): string => harmless(JSON.stringify(value));
