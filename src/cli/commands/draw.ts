import { writeNew } from '../input/newFile.ts';
import { draw, LANES } from '../../recording/draw.ts';
import { lanesOf } from '../../recording/lanes.ts';
import { page } from '../../recording/page.ts';
import { drawingOf } from '../../recording/script/drawing.ts';
import { InputError } from '../../contracts/errors.ts';
import { flag, seconds, text } from '../args/values.ts';
import { asRecordingError, readRecording } from '../input/recordingFile.ts';
import type { Given, Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { asSession, type RecordedJob, sourceOf } from '../run/session.ts';

const manyText = (torrents: number): string =>
  `it is of ${torrents} torrents: a test is made of one that is recorded alone`;
const UNKNOWN = 'it began with a magnet link: how long its pieces are was not known: replay it';

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

/** `rxtorrent draw`: marble diagrams on stdout, or a page. */
// eslint-disable-next-line @typescript-eslint/require-await -- what is wrong rejects
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
      const { jobs } = asSession(recording.header.session);
      if (jobs.length !== 1) throw new InputError('bad-option', `${visible(path)}: ${manyText(jobs.length)}`);
      const source = sourceOf(jobs[0] as RecordedJob);
      if (!('info' in source)) throw new InputError('bad-option', `${visible(path)}: ${UNKNOWN}`);
      writeNew(test, new TextEncoder().encode(drawingOf(recording, source, asked)), flag(given, 'force'));
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
