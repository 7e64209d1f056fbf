import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { InputError } from '../../contracts/errors.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import type { Strategy } from '../../download/strategy.ts';
import type { Recording } from '../../recording/parse.ts';
import { asRecordingError, readRecording } from './recordingFile.ts';
import { importModule } from './strategy.ts';
import { visible } from '../io/text.ts';

/** A swarm that can be run, as the lab makes it. */
export interface Plan {
  readonly seed?: number;
  readonly hosts: readonly object[];
}

/** Two runs of one seed. */
export interface Pair {
  readonly a: object;
  readonly b: object;
}

type Row = Required<Omit<ToldAs<'compared'>, 'type' | 'better' | 'seeds'>> & Pick<ToldAs<'compared'>, 'better'>;

/** What we use of `rxtorrent/marbles`. */
export interface Lab {
  readonly SWARMS: Readonly<Record<string, string>>;
  swarmNamed(name: string, size: { readonly mib?: number }): Plan | undefined;
  parsePlan(text: string): Plan;
  fit(recording: Recording): Plan;
  trial(plan: Plan, strategy: () => Strategy): object;
  compared(pairs: readonly Pair[]): readonly Row[];
}

const place = (path: string): string => new URL(`../../../${path}${extname(import.meta.url)}`, import.meta.url).href;

/**
 * The lab, and the library that its clients are of. They are not in the one file that we are: time is virtual only if
 * there is one copy of RxJS, that of the strategies.
 *
 * @throws InputError if RxJS is not installed
 */
export const loadLab = async (): Promise<{ readonly lab: Lab; readonly library: object }> => {
  try {
    return {
      lab: (await importModule(place('marbles/index'))) as unknown as Lab,
      library: await importModule(place('src/index')),
    };
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError('unsupported', 'compare runs strategies with the package rxjs: npm install rxjs', {
      cause: error,
    });
  }
};

/** What the library that is not in our file says of an input is the user's to know, too. */
const asInput = (name: string, error: unknown): unknown =>
  error instanceof Error && ['InputError', 'Malformed'].includes(error.name)
    ? new InputError('bad-option', `--swarm ${visible(name)}: ${error.message}`, { cause: error })
    : error;

/** The text of a file that begins as JSON does; undefined for any other. */
const jsonOf = (path: string): string | undefined => {
  const text = readFileSync(path).toString('latin1');
  return /^\s*\{/.test(text) ? readFileSync(path, 'utf8') : undefined;
};

/** The swarm that `--swarm` names, describes or has recorded. @throws InputError */
export const swarmOf = (lab: Lab, name: string, mib: number | undefined): Plan => {
  const named = lab.swarmNamed(name, mib === undefined ? {} : { mib });
  if (named !== undefined) return named;
  if (mib !== undefined)
    throw new InputError('bad-option', '--size is that of a swarm with a name: leave it out, or name one');
  let text: string | undefined;
  try {
    text = jsonOf(name);
  } catch (error) {
    const known = Object.keys(lab.SWARMS).join(', ');
    throw new InputError('bad-option', `--swarm ${visible(name)}: expected ${known}, or a file that is there`, {
      cause: error,
    });
  }
  try {
    return text === undefined ? lab.fit(readRecording(name)) : lab.parsePlan(text);
  } catch (error) {
    throw asInput(name, asRecordingError(name, error));
  }
};
