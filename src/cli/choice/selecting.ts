import { defer, type Observable } from 'rxjs';
import { InputError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { Span } from '../../torrent/metainfo/selection.ts';
import { Interrupted } from '../io/exit.ts';
import type { Given, Io } from '../io/io.ts';
import { readMagnet } from '../input/sourceArgument.ts';
import { flag, texts } from '../args/values.ts';
import { canMove } from '../views/live.ts';
import { parseChoices } from './choices.ts';

type Selection = readonly Span[] | undefined;

/** Chooses the files of a torrent, once for each torrent. */
export interface Selecting {
  /** For a caller that can wait before anything else begins. */
  readonly ask: (torrent: Torrent) => Promise<Selection>;
  /** For `DownloadOptions.select`. */
  readonly select: (torrent: Torrent) => Observable<Selection>;
}

/**
 * The selection of this torrent's magnet link, if one of `sources` is such a link; links that can't be parsed are
 * refused elsewhere.
 */
const linked = (sources: readonly string[], infoHash: string): Selection => {
  for (const source of sources) {
    try {
      const magnet = readMagnet(source);
      if (magnet !== undefined && toHex(magnet.infoHash) === infoHash) return magnet.select;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return undefined;
};

/** Asks; Ctrl-C at the question stops the whole process. */
const asked = async (torrent: Torrent, ticked: Selection, io: Io): Promise<Selection> => {
  const { tick } = await import('./tick.ts');
  try {
    return await tick(torrent, ticked, { input: process.stdin, output: process.stderr }, io.stopped);
  } catch (error) {
    if (error instanceof Interrupted && !io.stopped.aborted) process.emit('SIGINT', 'SIGINT');
    throw error;
  }
};

/**
 * The choice that `--files` and `--choose` ask for; undefined if neither is given: then all files, or those of the
 * link, are meant. @throws InputError
 */
export const selecting = (given: Given, io: Io, sources: readonly string[]): Selecting | undefined => {
  const choices = parseChoices(texts(given, 'files'));
  const asks = flag(given, 'choose');
  if (choices.length === 0 && !asks) return undefined;
  const { floor } = io;
  if (asks && (floor === undefined || !process.stdin.isTTY || !canMove(process.stderr, process.env)))
    throw new InputError(
      'bad-option',
      '--choose asks in a terminal, and this is none: name the files with --files, for example --files 1,3-5',
    );
  const decide = async (torrent: Torrent): Promise<Selection> => {
    const named =
      choices.length > 0
        ? (await import('./chooseFiles.ts')).chooseFiles(torrent, choices)
        : linked(sources, toHex(torrent.infoHash));
    return asks && floor !== undefined ? floor.ask(() => asked(torrent, named, io)) : named;
  };
  const decided = new Map<string, Promise<Selection>>();
  const ask = (torrent: Torrent): Promise<Selection> => {
    const key = toHex(torrent.infoHash);
    const known = decided.get(key) ?? decide(torrent);
    decided.set(key, known);
    return known;
  };
  return { ask, select: (torrent) => defer(() => ask(torrent)) };
};
