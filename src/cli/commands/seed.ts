import { lastValueFrom } from 'rxjs';
import { InputError } from '../../errors.ts';
import type { Torrent } from '../../torrent/metainfo.ts';
import { hashed } from '../hashed.ts';
import type { Given, Io } from '../io.ts';
import { madeLines, madeObject } from '../made.ts';
import { mayWrite } from '../newFile.ts';
import { seedingOf } from '../seeding.ts';
import { contentTarget, seedSources } from '../seedSources.ts';
import { share } from '../share.ts';
import { noteSound } from '../sound.ts';
import { flag, oneOf, texts, trackerAddress } from '../values.ts';
import { jsonLine } from '../views/text.ts';
import { worldOf } from '../world.ts';
import { chosenOf, downloadSettings, saveTorrentOf } from './download.ts';

/** Makes a torrent of each of `contents`, and says what leads others to it. */
const make = async (contents: readonly string[], saveTorrent: string | undefined, given: Given, io: Io): Promise<readonly Torrent[]> => {
  const trackers = texts(given, 'tracker').map((url) => [trackerAddress('tracker', url)]);
  // What a link leads to is never read from where the link is.
  const links = oneOf(given, 'links', ['refuse', 'skip'] as const);
  const env = await worldOf(given, io.say);
  const all: Torrent[] = [];
  for (const content of contents) {
    const { torrent } = await hashed(content, { trackers, ...(links && { links }), ...(saveTorrent !== undefined && { except: saveTorrent }) }, given, io);
    await lastValueFrom(noteSound(torrent, contentTarget(content), env), { defaultValue: undefined });
    if (flag(given, 'json')) io.print(jsonLine(madeObject(torrent, saveTorrent)));
    else if (!flag(given, 'quiet')) io.print(madeLines(torrent, content).join('\n'));
    all.push(torrent);
  }
  return all;
};

/** `rxtorrent seed`: torrents whose data is there, or files and folders of which torrents are made first. None of the data is changed. */
export const seed = async (given: Given, io: Io): Promise<void> => {
  const args = [given['source'], given['path'] ?? []].flat().map(String);
  const seeding = { ...seedingOf(given, true), only: true };
  const { torrents, contents, targetFor } = await seedSources(args, io);
  const saveTorrent = saveTorrentOf(given, torrents.length > 0 ? torrents.length : contents.length);
  if (saveTorrent !== undefined) mayWrite(saveTorrent, flag(given, 'force'));
  if (torrents.length > 0) {
    const { targetFor: chosenTargetFor, ...chosen } = chosenOf(given, io, torrents, targetFor);
    return share(given, io, torrents, { settings: { ...downloadSettings(given), ...chosen }, seeding, targetFor: chosenTargetFor, saveTorrent });
  }
  const settings = downloadSettings(given);
  if (texts(given, 'files').length > 0) throw new InputError('bad-option', '--files chooses files of a torrent: name the files or folders to seed instead');
  const made = await make(contents, saveTorrent, given, io);
  const places = new Map(made.map((torrent, n) => [torrent, contents[n] ?? '']));
  // Its trackers are its own by now, unless those are not to be asked.
  const asked = flag(given, 'no-trackers') ? given : { ...given, tracker: undefined };
  return share(asked, io, made, { settings, seeding, targetFor: (torrent) => Promise.resolve(contentTarget(places.get(torrent) ?? '')), saveTorrent });
};
