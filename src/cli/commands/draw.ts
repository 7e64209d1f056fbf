import { writeNew } from '../input/newFile.ts';
import { draw, LANES } from '../../recording/draw.ts';
import { lanesOf } from '../../recording/lanes.ts';
import { page } from '../../recording/page.ts';
import type { Recording } from '../../recording/parse.ts';
import { replay } from '../../recording/replay.ts';
import { type Drawable, drawingOf } from '../../recording/script/drawing.ts';
import { InputError } from '../../contracts/errors.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import { ID_LENGTH, toHex } from '../../protocol/encoding/id.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { flag, seconds, text } from '../args/values.ts';
import { asRecordingError, readRecording } from '../input/recordingFile.ts';
import type { Given, Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { asSession, type Session, sourceOf } from '../run/session.ts';
import { again } from './replay.ts';

const UNKNOWN = 'what its magnet link stands for was never learnt: draw its lanes';

/** Columns where the terminal does not say how many it has. */
const WIDTH = 100;

const milliseconds = (given: Given, option: string): number | undefined => {
  const got = seconds(given, option);
  return got === undefined ? undefined : Math.round(got * 1000);
};

const lanesIn = (given: Given): (typeof LANES)[number][] | undefined => {
  const asked = text(given, 'lanes')?.split(',');
  if (asked === undefined) return undefined;
  const lanes = LANES.filter((lane) => asked.includes(lane));
  if (lanes.length !== asked.length)
    throw new InputError('bad-option', `--lanes ${visible(asked.join(','))}: name some of ${LANES.join(',')}`);
  return lanes;
};

/** What magnet links turned out to stand for: that is found out by doing all of it again. */
const resolved = async (recording: Recording, session: Session): Promise<ReadonlyMap<number, Torrent>> => {
  const found = new Map<number, Torrent>();
  const see = (event: DownloadEvent, nth: number): void => {
    if (event.type === 'metadata') found.set(nth, event.torrent);
  };
  replay(recording, await again(session, {}, see));
  return found;
};

/** The torrents of a recorded session, as far as it is known what they are. @throws InputError */
const drawables = async (recording: Recording): Promise<readonly Drawable[]> => {
  const session = asSession(recording.header.session);
  const sources = session.jobs.map(sourceOf);
  const known = sources.every((source) => 'info' in source) ? undefined : await resolved(recording, session);
  const all = sources.flatMap((source, nth): Drawable | readonly Drawable[] => {
    const torrent = 'info' in source ? source : known?.get(nth);
    if (torrent === undefined) return [];
    const { name, length, pieceLength, pieceSizes, infoHash, infoHashV2 } = torrent;
    const hashes = [infoHash, ...(infoHashV2 ? [infoHashV2.subarray(0, ID_LENGTH)] : [])];
    const of = { nth, infoHashes: hashes.map(toHex), magnet: !('info' in source) };
    return { length, pieceLength, ...(pieceSizes && { pieceSizes }), of, ...(sources.length > 1 && { name }) };
  });
  if (all.length === 0) throw new InputError('bad-option', UNKNOWN);
  return all;
};

/** `rxtorrent draw`: marble diagrams on stdout, or a page. */
export const drawn = async (given: Given, io: Io): Promise<void> => {
  const path = String(given['recording']);
  const asked = {
    from: milliseconds(given, 'from'),
    to: milliseconds(given, 'to'),
    peer: text(given, 'peer'),
    lanes: lanesIn(given),
  };
  const [html, test] = [text(given, 'html'), text(given, 'test')];
  io.json?.start({ sources: [path] });
  try {
    const recording = readRecording(path);
    if (test !== undefined) {
      const source = drawingOf(recording, await drawables(recording), asked);
      writeNew(test, new TextEncoder().encode(source), flag(given, 'force'));
      return io.print(`wrote ${visible(test)}`);
    }
    const lanes = lanesOf(recording, html === undefined ? asked : {});
    if (html !== undefined) {
      writeNew(html, new TextEncoder().encode(page(path, lanes)), flag(given, 'force'));
      return io.print(`wrote ${visible(html)}`);
    }
    for (const line of draw(lanes, { ...asked, width: process.stdout.columns || WIDTH })) io.print(visible(line));
  } catch (error) {
    throw asRecordingError(path, error);
  }
};
