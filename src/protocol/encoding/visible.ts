/**
 * Control, format (bidi, zero width, tags), unpaired, private, line and paragraph separators: all that is not seen as
 * it is.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
};

/**
 * Text from strangers made harmless for a terminal, on one line: what would act on it is spelled out, as in `\x1b` or
 * `\u{202e}`.
 */
export const visible = (text: string): string => text.replace(UNSEEN, escape);
