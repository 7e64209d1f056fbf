import { isPrintable } from './printable.ts';

/**
 * Characters that are not seen as they are: control, format (bidi, zero width, tags), unpaired surrogates, private use,
 * line and paragraph separators.
 */
const unseen = (): RegExp => /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
};

/**
 * Makes text from strangers harmless to a terminal, on one line: characters that a terminal would act on are spelled
 * out, as in `\x1b` or `\u{202e}`.
 */
export const visible = (text: string): string => (isPrintable(text) ? text : text.replace(unseen(), escape));
