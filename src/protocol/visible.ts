// Controls; what turns or hides the text around it (bidi marks, zero-width, tags, BOM); halves of characters; odd line ends.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text from strangers as it may be shown on a terminal, on one line: `\x1b` and its like are spelled out. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    if (code.length > 4) return `\\u{${code}}`;
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
