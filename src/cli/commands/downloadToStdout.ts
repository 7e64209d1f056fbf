import { defer, firstValueFrom, from, map, type Observable } from 'rxjs';
import { streamStorage } from '../../disk/files/streamStorage.ts';
import type { Selection } from '../../download/options.ts';
import type { Target } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import { numberedFiles } from '../../torrent/metainfo/fileNumbers.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { selects } from '../../torrent/metainfo/selection.ts';
import { selecting } from '../choice/selecting.ts';
import type { Given, Io } from '../io/io.ts';
import { seedingOf } from '../input/seedOptions.ts';
import type { Plan } from '../run/plan.ts';
import { runTorrents } from '../run/runTorrents.ts';
import { placesFiles } from '../input/placing.ts';
import { readKeyLink } from '../input/readKeyLink.ts';
import { readMagnet } from '../input/sourceArgument.ts';
import { readTorrent } from '../input/torrentFile.ts';
import { said } from '../input/stdin.ts';
import { outletTo } from '../io/stdout.ts';
import { flag, text } from '../args/values.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';

/** The name of the place in summaries. */
const STDOUT: Target = { folder: '', name: 'stdout' };

const refused = (why: string): InputError => new InputError('bad-option', `--output -: ${why}`);

/** Refuses options that are invalid for a pipe, before anything is read. @throws InputError */
const check = (given: Given, sources: readonly string[]): void => {
  if (sources.length > 1)
    throw refused(`stdout takes one torrent, and there are ${sources.length}: download one at a time`);
  if (flag(given, 'json')) throw refused('--json wants stdout, too: name a file with -o, or leave out --json');
  if (seedingOf(given, false) !== undefined)
    throw refused('what has gone through a pipe is not there to be seeded: name a file with -o, or leave out --seed');
  if (text(given, 'order') === 'rarest') throw refused('a pipe takes the pieces in order: leave out --order rarest');
  for (const name of ['first', 'priority', 'preview'])
    if (given[name] !== undefined && given[name] !== false)
      throw refused(`a pipe takes one file, and its pieces in order: leave out --${name}`);
  const file = placesFiles(given);
  if (file !== undefined) throw refused(`nothing is written to disk: leave out --${file}`);
  if (process.stdout.isTTY) throw refused('stdout is a terminal: add | mpv -, or > FILE');
};

/** The index in `torrent.files` of the one chosen file. @throws InputError */
export const theFileOf = (torrent: Pick<Torrent, 'name' | 'files'>, selection: Selection): number => {
  const chosen = numberedFiles(torrent).filter(selects(selection));
  const [file] = chosen;
  if (file !== undefined && chosen.length === 1) return file;
  const those =
    selection === undefined
      ? `${visible(torrent.name)} has ${counted(chosen.length, 'file')}`
      : `${counted(chosen.length, 'file')} are chosen`;
  throw refused(`${those}, and stdout takes one: give --files and the number that rxtorrent info shows`);
};

/**
 * `rxtorrent download -o -`: one file to stdout, from beginning to end, each piece as soon as it is verified, and no
 * faster than the reader takes it. Nothing is written to disk, and nothing is uploaded. All messages for the user go to
 * stderr.
 */
export const downloadToStdout = async (
  given: Given,
  io: Io,
  sources: readonly string[],
  { settings, saveTorrent }: Pick<Plan, 'settings' | 'saveTorrent'>,
): Promise<void> => {
  check(given, sources);
  const what = await said(sources[0] ?? '', io);
  const source = typeof what === 'string' ? what : await readTorrent(what, io);
  const link = typeof source === 'string' && readKeyLink(source) === undefined ? readMagnet(source)?.select : undefined;
  const chosen = selecting(given, io, typeof source === 'string' ? [source] : []);
  const file$ = (torrent: Torrent): Observable<number> =>
    defer(() => (chosen === undefined ? [link] : from(chosen.ask(torrent)))).pipe(
      map((selection) => theFileOf(torrent, selection)),
    );
  const outlet = outletTo(process.stdout);
  // Once the reader has left, as in `| head -c 1M`, the user has what was wanted: no summary.
  const say = (line: string): void => void (outlet.broken() || io.say(line));
  return runTorrents(given, { ...io, say, print: say }, [source], {
    settings: { ...settings, select: (torrent) => file$(torrent).pipe(map((file) => [[file, file]] as const)) },
    seeding: undefined,
    targetFor: async (torrent) => firstValueFrom(file$(torrent).pipe(map(() => STDOUT))),
    saveTorrent,
    kept: false,
    openStorage: (torrent) => file$(torrent).pipe(map((file) => streamStorage(torrent, file, outlet.sink))),
    seen: outlet.seen,
  });
};
