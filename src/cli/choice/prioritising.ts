import { of } from 'rxjs';
import { InputError } from '../../contracts/errors.ts';
import type { DownloadOptions } from '../../download/options.ts';
import { numberedFiles, spansOf } from '../../torrent/metainfo/fileNumbers.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { FilePriority } from '../../torrent/picker/filePriorities.ts';
import { flag, texts } from '../args/values.ts';
import type { Given } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { isPlayed } from '../stream/mediaType.ts';
import { type Choice, parseChoices } from './choices.ts';

/** The levels of `--priority`. */
const LEVELS: Readonly<Record<string, number>> = { low: -10, normal: 0, high: 10 };
/** The ends of films and music with `--preview`. */
const PREVIEW = 127;
/** What the first `--first` names; each further one is one lower, and still above `high`. */
const FIRST = 120;
/** Most values of `--first`. */
export const MAX_FIRST = 100;

/** One `--first` or `--priority`. */
interface Rule {
  readonly choices: readonly Choice[];
  readonly priority: number;
}

const ruleOf = (typed: string): Rule => {
  const [, level = '', what = ''] = /^([^:]*):(.*)$/s.exec(typed) ?? [];
  const priority = Object.hasOwn(LEVELS, level) ? LEVELS[level] : undefined;
  if (priority === undefined)
    throw new InputError(
      'bad-option',
      `--priority ${JSON.stringify(typed)}: expected high:, normal: or low: and files`,
    );
  return { choices: parseChoices([what], '--priority'), priority };
};

const firstOf = (typed: readonly string[]): readonly Rule[] => {
  if (typed.length > MAX_FIRST)
    throw new InputError('bad-option', `--first: ${typed.length} times: at most ${MAX_FIRST}`);
  return typed.map((what, at) => ({ choices: parseChoices([what], '--first'), priority: FIRST - at }));
};

const media = ({ files }: Torrent): FilePriority[] => {
  const played = (file: number): boolean => isPlayed(files[file]?.path.at(-1) ?? '');
  return [{ files: spansOf(numberedFiles({ files }).filter(played)), priority: PREVIEW, ends: true }];
};

/**
 * Which files come sooner: `--first` before all others, in the order in which they are named, then those of
 * `--priority high:`, and last those of `low:`; with `--preview` the ends of all films and music before that. What
 * names no file of a torrent is told of by `say`. Nothing if none of these options is given.
 *
 * @throws InputError
 */
export const prioritiesOf = async (
  given: Given,
  say: (line: string) => void,
): Promise<Pick<DownloadOptions, 'priorities'>> => {
  const first = firstOf(texts(given, 'first'));
  const levels = texts(given, 'priority').map(ruleOf);
  const preview = flag(given, 'preview');
  const rules = [...levels, ...first.toReversed()];
  if (rules.length === 0 && !preview) return {};
  const { filesNamed } = await import('./chooseFiles.ts');
  const named = (torrent: Torrent, { choices, priority }: Rule): FilePriority => {
    const files = filesNamed(torrent, choices);
    const [{ option = '', typed = '' } = {}] = choices;
    if (files?.length === 0)
      say(`${option} ${JSON.stringify(typed)}: no file of ${visible(torrent.name)} has such a name`);
    return { files, priority };
  };
  return {
    priorities: (torrent) => of([...rules.map((rule) => named(torrent, rule)), ...(preview ? media(torrent) : [])]),
  };
};
