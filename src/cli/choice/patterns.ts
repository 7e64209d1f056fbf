import picomatch from 'picomatch/posix.js';

/** The names of a file that are compared: the whole path joined by `/`, and the last name. */
export interface Named {
  readonly path: string;
  readonly last: string;
}

/** Unicode-normalised: names that look the same are the same, however they were composed. */
const plain = (text: string): string => text.normalize('NFC');

/** `names` are those of folders and of the file, outermost first, without the torrent's own. */
export const namedBy = (names: readonly string[]): Named => ({
  path: plain(names.join('/')),
  last: plain(names.at(-1) ?? ''),
});

const OPTIONS = { dot: true, nocase: true, noextglob: true, nonegate: true, keepQuotes: true, maxLength: 65_536 };

/** Brackets and bars are common in names, and hardly ever meant as patterns; `[!a]` is the shells' form of `[^a]`. */
const globOf = (pattern: string): string =>
  pattern.replace(/\\.|\[!|[()|]/gs, (found) => (found.length === 2 ? found.replace('[!', '[^') : `\\${found}`));

/** Removes `./` at the beginning and `/` at the end, which only say how the rest is meant. */
const bare = (pattern: string): string => pattern.replace(/^\.?\//, '').replace(/\/$/, '');

/**
 * Does a pattern match the names of a file? A pattern with a `/` is compared with the whole path, one without with the
 * last name; `./` means the whole path, too. A pattern that ends in `/`, or is the path of a folder, matches everything
 * in it. An exact name always matches, whatever characters are in it.
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
