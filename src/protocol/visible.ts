// C0 and C1 controls, and what turns or hides the text around it: zero-width, bidi marks and overrides, BOM.
const HIDDEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text from strangers as it may be shown on a terminal, on one line: `\x1b` and its like are spelled out. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
