import { InputError } from '../../contracts/errors.ts';
import { numberedFiles, spansOf } from '../../torrent/metainfo/fileNumbers.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { Span } from '../../torrent/metainfo/selection.ts';
import { counted } from '../io/units.ts';
import type { Choice } from './choices.ts';
import { inTime } from './inTime.ts';
import { matcher, type Named, namedBy } from './patterns.ts';

/** Milliseconds that all patterns of a torrent may take: a malicious name can make a pattern take years. */
export const MATCH_TIME = 3000;

type Choosable = Pick<Torrent, 'files'>;

const refused = ({ typed, option }: Choice, why: string): InputError =>
  new InputError('bad-option', `${option} ${JSON.stringify(typed)}: ${why}`);

/** The numbers from 1 that `choice` names. Unless it may be none, one at least. */
const numbersOf = (choice: Choice, files: readonly Named[], none: boolean): readonly number[] => {
  const all = counted(files.length, 'file');
  if (!('pattern' in choice)) {
    const { first, last } = choice;
    const end = last === Number.POSITIVE_INFINITY ? Math.max(first, files.length) : last;
    if (end > files.length)
      throw refused(
        choice,
        `there ${files.length === 1 ? 'is' : 'are'} ${all}, counted from 1 as rxtorrent info shows them`,
      );
    return Array.from({ length: end - first + 1 }, (_, at) => first + at);
  }
  const matches = matcher(choice.pattern);
  const found = files.flatMap((file, at) => (matches(file) ? [at + 1] : []));
  // Excluding files that a torrent does not have is no mistake: the option may be meant for several torrents.
  if (found.length > 0 || choice.without || none) return found;
  const advice =
    choice.pattern.includes(',') && !/[{\\]/.test(choice.pattern)
      ? 'give --files once for each pattern'
      : 'rxtorrent info shows their names';
  throw refused(choice, `none of ${all} has such a name: ${advice}`);
};

const chosen = (torrent: Choosable, choices: readonly Choice[], none: boolean): readonly Span[] | undefined => {
  const places = numberedFiles(torrent);
  const names = places.map((place) => namedBy(torrent.files[place]?.path ?? []));
  const inclusive = choices.some(({ without }) => !without);
  const wanted = new Uint8Array(places.length).fill(inclusive ? 0 : 1);
  for (const choice of choices.toSorted((a, b) => Number(a.without) - Number(b.without))) {
    for (const number of numbersOf(choice, names, none)) wanted[number - 1] = choice.without ? 0 : 1;
  }
  const kept = places.filter((_, at) => wanted[at] === 1);
  if (kept.length === places.length) return undefined;
  if (kept.length > 0 || none) return spansOf(kept);
  const typed = [...new Set(choices.map(({ typed }) => JSON.stringify(typed)))].slice(0, 5).join(' ');
  throw new InputError(
    'bad-option',
    `--files ${typed}: nothing is left of ${counted(places.length, 'file')}: choose at least one`,
  );
};

/** @throws InputError if names take too long to compare */
const compared = (torrent: Choosable, choices: readonly Choice[], none: boolean): readonly Span[] | undefined => {
  const selection = inTime(MATCH_TIME, () => chosen(torrent, choices, none));
  if (selection !== undefined) return selection.value;
  const { option = '', typed: hard = '' } = choices.find((choice) => 'pattern' in choice) ?? choices[0] ?? {};
  throw new InputError(
    'bad-option',
    `${option} ${JSON.stringify(hard)}: takes too long to compare with names such as these: choose by numbers`,
  );
};

/**
 * The files of `torrent` that `choices` name, as indices in `torrent.files`; undefined for all of them. Exclusions win,
 * whatever the order; if there are only exclusions, all other files are chosen. Padding can't be chosen.
 *
 * @throws InputError for a number that does not exist, a pattern that matches no file, an empty choice, or names that
 * take too long to compare.
 */
export const chooseFiles = (torrent: Choosable, choices: readonly Choice[]): readonly Span[] | undefined =>
  compared(torrent, choices, false);

/** The same, where it is no mistake that a torrent has no such file. */
export const filesNamed = (torrent: Choosable, choices: readonly Choice[]): readonly Span[] | undefined =>
  compared(torrent, choices, true);
