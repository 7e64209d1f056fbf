import { catchError, EMPTY, merge, NEVER, type Observable, shareReplay, tap } from 'rxjs';
import type { DownloadEvent } from '../../contracts/events.ts';
import { dhtNode } from '../../discovery/dht/node.ts';
import { decodeSavedNodes } from '../../discovery/dht/savedNodes.ts';
import { partingText, replay } from '../../recording/replay.ts';
import type { Tape } from '../../recording/tape.ts';
import { discovery } from '../input/discoveryOptions.ts';
import { limitsOf } from '../input/limitOptions.ts';
import { asRecordingError, readRecording } from '../input/recordingFile.ts';
import { seedingOf } from '../input/seedOptions.ts';
import { GaveUp } from '../io/exit.ts';
import type { Given, Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { portsOf } from '../run/runTorrents.ts';
import { type Asked, asSession, downloadOf, type Session, sharedIn, sourceOf } from '../run/session.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { downloadSettings } from './download.ts';

/** Options that may differ from those of the recording. */
const OTHER = ['order', 'strategy', 'max-peers'] as const;

/**
 * The torrents of the recorded session, with the options of `other` in place of its own. `see` is told of each event,
 * and of which torrent it is.
 */
export const again = async (
  session: Session,
  other: Given,
  see: (event: DownloadEvent, nth: number) => void = () => {},
): Promise<(tape: Tape) => Observable<DownloadEvent>> => {
  const given = { ...session.given, ...other };
  const settings = await downloadSettings(given);
  const nodes = session.nodes === undefined ? undefined : decodeSavedNodes(Buffer.from(session.nodes, 'base64'));
  const seeds = session.command === 'seed';
  const seeding = seeds ? { ...seedingOf(given, true), only: true } : seedingOf(given, false);
  const jobs = session.jobs.map((job) => ({ source: sourceOf(job), peers: job.peers, trackers: job.trackers }));
  const asked = (source: Torrent | MagnetLink): Asked => {
    const chooses = given['files'] !== undefined || (!('info' in source) && source.select !== undefined);
    return {
      // The choice of files is in the recording.
      settings: { ...settings, ...(chooses && { select: () => NEVER }) },
      seeding,
      limits: limitsOf(given, 'each'),
      placed: () => NEVER,
    };
  };
  return (recorded) => {
    const found = discovery(given, recorded.env, (env, _, options) =>
      dhtNode(env, { ...options, saved: nodes }).pipe(shareReplay({ bufferSize: 1, refCount: true })),
    );
    const shared = sharedIn(recorded, found, { ports: portsOf(given), limits: limitsOf(given) });
    // What another strategy emits is its own, not what was recorded of the one before.
    const live = other['strategy'] !== undefined;
    return merge(
      ...jobs.map((job, nth) =>
        downloadOf({ ...shared, live }, job, asked(job.source)).pipe(
          tap((event) => see(event, nth)),
          catchError(() => EMPTY),
        ),
      ),
    );
  };
};

/** `rxtorrent replay`: exit code 0 when the same happens as was recorded, 4 when not. */
export const replayed = async (given: Given, io: Io): Promise<void> => {
  const path = String(given['recording']);
  const recording = readRecording(path);
  const other = Object.fromEntries(OTHER.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
  io.json?.start({ sources: [path] });
  try {
    const { parting, time, turns, cutOff } = replay(recording, await again(asSession(recording.header.session), other));
    const much = `${(time / 1000).toFixed(3)} s, ${turns} turns`;
    if (parting) throw new GaveUp('incomplete', `${visible(path)} parts ${visible(partingText(parting))}`);
    io.print(`${visible(path)}: the same, ${much}${cutOff ? '; its last turn is cut off' : ''}`);
  } catch (error) {
    throw asRecordingError(path, error);
  }
};
