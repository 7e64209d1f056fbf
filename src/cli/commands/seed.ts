import { resolve } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Target } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { explain, Interrupted, SomeFailed } from '../io/exit.ts';
import { hashed } from '../input/hashed.ts';
import type { Given, Io } from '../io/io.ts';
import { madeLines, madeObject } from '../input/made.ts';
import { mayWrite } from '../input/newFile.ts';
import { seedingOf } from '../input/seedOptions.ts';
import { contentTarget, seedSources } from '../input/seedSources.ts';
import type { Plan } from '../run/plan.ts';
import { runTorrents } from '../run/runTorrents.ts';
import { checkRecord } from '../run/session.ts';
import { noteSound } from '../input/sound.ts';
import { checkStdin } from '../input/stdin.ts';
import { beThrifty } from '../args/thrift.ts';
import { flag, oneOf, texts, trackerAddress } from '../args/values.ts';
import { visible } from '../io/text.ts';
import { loggedWorld } from '../log/loggedWorld.ts';
import { chosenOf, downloadSettings, saveTorrentOf } from './download.ts';

/** A torrent of each content that one could be made of, and the errors of the others. */
interface Made {
  readonly places: ReadonlyMap<Torrent, string>;
  readonly failures: readonly unknown[];
}

/** Makes a torrent of each of `contents`, and prints its link. An error of one does not stop the others. */
const make = async (
  contents: readonly string[],
  saveTorrent: string | undefined,
  given: Given,
  io: Io,
): Promise<Made> => {
  const trackers = texts(given, 'tracker').map((url) => [trackerAddress('tracker', url)]);
  // What a link leads to is never read from where the link is.
  const links = oneOf(given, 'links', ['refuse', 'skip'] as const);
  const options = { trackers, ...(links && { links }), ...(saveTorrent !== undefined && { except: saveTorrent }) };
  const env = await loggedWorld(given, io.say);
  const places = new Map<Torrent, string>();
  const failures: unknown[] = [];
  for (const content of contents) {
    try {
      io.json?.start({ sources: [content], target: resolve(content) });
      const began = now();
      const { torrent } = await hashed(content, options, given, io);
      await lastValueFrom(noteSound(torrent, contentTarget(content), env, began), { defaultValue: undefined });
      if (io.json) io.json.tell(madeObject(torrent, saveTorrent), toHex(torrent.infoHash));
      else if (!flag(given, 'quiet')) io.print(madeLines(torrent, content).join('\n'));
      places.set(torrent, content);
    } catch (error) {
      if (contents.length === 1 || error instanceof Interrupted) throw error;
      io.json?.refused(content, error);
      io.say(`${visible(content)}: ${visible(explain(error))}`);
      failures.push(error);
    }
  }
  return { places, failures };
};

/** Seeds files and folders, of which torrents are made first. */
const seedContents = async (
  contents: readonly string[],
  given: Given,
  io: Io,
  plan: Omit<Plan, 'targetFor'>,
): Promise<void> => {
  if (texts(given, 'files').length > 0)
    throw new InputError('bad-option', '--files chooses files of a torrent: name the files or folders to seed instead');
  const { places, failures } = await make(contents, plan.saveTorrent, given, io);
  const targetFor = (torrent: Torrent): Promise<Target> => Promise.resolve(contentTarget(places.get(torrent) ?? ''));
  // The trackers are in the new torrents by now, unless they are not to be asked.
  const asked = flag(given, 'no-trackers') ? given : { ...given, tracker: undefined };
  if (places.size > 0) await runTorrents(asked, io, [...places.keys()], { ...plan, targetFor });
  if (failures.length > 0) throw new SomeFailed(failures, contents.length);
};

/**
 * `rxtorrent seed`: seeds torrents whose data is there, or files and folders, of which torrents are made first. The
 * data is never changed.
 */
export const seed = async (given: Given, io: Io): Promise<void> => {
  const args = [given['source'], given['path'] ?? []].flat().map(String);
  checkStdin(args);
  checkRecord(given);
  beThrifty(args.length);
  const seeding = { ...seedingOf(given, true), only: true };
  const settings = await downloadSettings(given, io.say);
  const { torrents, contents, ...data } = await seedSources(args, io);
  const saveTorrent = saveTorrentOf(given, torrents.length > 0 ? torrents.length : contents.length);
  if (torrents.length === 0) {
    if (saveTorrent !== undefined) mayWrite(saveTorrent, flag(given, 'force'));
    return seedContents(contents, given, io, { settings, seeding, saveTorrent });
  }
  const { targetFor, ...chosen } = chosenOf(given, io, torrents, data.targetFor);
  return runTorrents(given, io, torrents, { settings: { ...settings, ...chosen }, seeding, targetFor, saveTorrent });
};
