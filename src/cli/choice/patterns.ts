import picomatch from 'picomatch/posix.js';

/** The names of a file as they are compared: all of them joined by `/`, and the last one. */
export interface Named {
  readonly path: string;
  readonly last: string;
}

/** Names that look the same are the same, however they were composed. */
const plain = (text: string): string => text.normalize('NFC');

/** `names` are those of folders and of the file, outermost first, without the torrent's own. */
export const namedBy = (names: readonly string[]): Named => ({
  path: plain(names.join('/')),
  last: plain(names.at(-1) ?? ''),
});

const OPTIONS = { dot: true, nocase: true, noextglob: true, nonegate: true, keepQuotes: true, maxLength: 65_536 };

/** Brackets and bars are often in names, and hardly ever meant as anything else; `[!a]` is what shells call `[^a]`. */
const globOf = (pattern: string): string =>
  pattern.replace(/\\.|\[!|[()|]/gs, (found) => (found.length === 2 ? found.replace('[!', '[^') : `\\${found}`));

/** Without what only says how the rest is meant: `./` at the beginning, `/` at the end. */
const bare = (pattern: string): string => pattern.replace(/^\.?\//, '').replace(/\/$/, '');

/**
 * Does a pattern match the names of a file? With a `/` it is compared with the whole path, without one with the last
 * name alone; `./` means the whole path, too. What ends in `/`, or is the path of a folder, is all in it. The very name
 * matches, whatever characters are in it.
 *
 * @example matcher('*.mkv')(namedBy(['Season 1', 'e1.MKV'])) // true
 */
export const matcher = (typed: string): ((file: Named) => boolean) => {
  const pattern = plain(typed);
  const literal = bare(pattern).replace(/^\\(?=!)/, '');
  const folder = pattern.endsWith('/');
  const whole = bare(pattern).includes('/') || /^\.?\//.test(pattern);
  const glob = globOf(bare(pattern));
  const matches = picomatch(folder ? `${whole ? '' : '**/'}${glob}/**` : glob, OPTIONS);
  return ({ path, last }) => {
    if (path.startsWith(`${literal}/`) || (!folder && (path === literal || (!whole && last === literal)))) return true;
    return matches(whole || folder ? path : last);
  };
};
