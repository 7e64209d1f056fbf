import { defaultPace } from '../../discovery/pace.ts';
import type { DownloadEvent, FunnelSample, Progress } from '../../contracts/events.ts';
import { explain, GaveUp } from '../io/exit.ts';
import type { Given, Io } from '../io/io.ts';
import { jsonViewer } from '../json/viewer.ts';
import { flag } from '../args/values.ts';
import { Board } from '../views/board.ts';
import { eventLine, told } from '../views/events.ts';
import { filesLine, filesLines } from '../views/files.ts';
import { funnelLines } from '../views/funnel.ts';
import type { Live, Moment } from '../views/live.ts';
import { paceLine } from '../views/pace.ts';
import { progressLine, progressLines } from '../views/progress.ts';
import { completeLine, givenLine, stoppedLine, stoppedSumLine, type Sum, thereLine } from '../views/summary.ts';
import { visible } from '../io/text.ts';
import type { Ending, Named, Viewer } from './viewing.ts';

/** Lines that are remembered, so that none is repeated for hours. */
const SAID = 200;

const NOBODY: FunnelSample = { type: 'funnel', sources: [] };

/**
 * Warnings of the whole process, which each torrent emits: the DHT can't be joined, a port can't be bound, a tracker is
 * down. They are printed once, without the name of a torrent.
 */
const OF_ALL: ReadonlySet<string> = new Set([
  'dht-bootstrap',
  'port-taken',
  'port-denied',
  'no-address',
  'no-room',
  'unreachable',
  'timeout',
]);

/** Prints a line once; a warning about a tracker may be printed again if the tracker has worked in between. */
const saying = (view: Live) => {
  /** Each line, and the tracker that it is about. */
  const said = new Map<string, string | undefined>();
  const worked = (url: string): void => {
    for (const [line, about] of said) if (about === url) said.delete(line);
  };
  return (line: string | undefined, event: DownloadEvent): void => {
    if (event.type === 'tracker' && event.state === 'working') worked(event.url);
    if (line === undefined || said.has(line)) return;
    if (said.size < SAID) said.set(line, event.type === 'warning' ? event.url : undefined);
    view.say(line);
  };
};

/** The line of a failure, with the name of what has failed. */
const failure = (name: string, error: unknown): string => {
  const what = visible(explain(error));
  return what.includes(visible(name)) ? what : `${visible(name)}: ${what}`;
};

/** The report of the end of one torrent; the result goes to stdout, unless `quiet`. */
const overLine = ({ how, figures, kept, place, chosen, error }: Ending): string | undefined => {
  const at = visible(place);
  if (how === 'complete') return `${at}: ${completeLine(figures, chosen)}`;
  if (how === 'seeding') return `${at}: ${completeLine(figures, chosen)}; seeding`;
  if (how === 'given') return `${at}: ${givenLine(figures)}`;
  if (how === 'stopped') return `${at}: ${stoppedLine(figures, kept)}`;
  return error instanceof GaveUp && figures.stored > 0 ? `${at}: ${thereLine(figures, kept)}` : undefined;
};

/** Results go to stdout, everything else is for the user. */
const telling =
  (given: Given, io: Io, view: Live): Viewer['over'] =>
  (_, ending) => {
    const line = flag(given, 'quiet') ? undefined : overLine(ending);
    if (line === undefined) return;
    if (ending.how === 'complete' || ending.how === 'given') io.print(line);
    else view.say(line);
  };

/** The progress of one torrent, of its files while they are fetched, and of its sources of peers. */
const momentOf = (progress: Progress, funnel: FunnelSample, { files }: Named): Moment => {
  // What is drawn four times a second is looked at once.
  let known: ReturnType<NonNullable<typeof files>> | undefined;
  const now = () => (known ??= progress.phase === 'downloading' ? (files?.() ?? []) : []);
  return {
    lines: (width, height) => {
      const lines = [...progressLines(progress, width), ...funnelLines(funnel, width)];
      return [...lines, ...filesLines(now(), width, height - lines.length)];
    },
    line: () => {
      const complete = filesLine(now());
      const first = complete === undefined ? progressLine(progress) : `${progressLine(progress)}, ${complete}`;
      return [first, ...funnelLines(funnel)].join('\n  ');
    },
  };
};

/** Shows each event in the requested form. */
export const viewerOfOne = (given: Given, io: Io, view: Live): Viewer => {
  // What is wrong with the only source is the error of the command.
  const refused = (): void => undefined;
  if (io.json) return { ...jsonViewer(io.json), refused, end: () => view.end() };
  const verbose = flag(given, 'verbose');
  const say = saying(view);
  let funnel = NOBODY;
  if (verbose) view.say(paceLine(defaultPace));
  const show = (event: DownloadEvent, of: Named): void => {
    if (event.type === 'funnel') funnel = event;
    if (event.type === 'progress')
      view.show(momentOf(event, verbose || event.phase === 'metadata' ? funnel : NOBODY, of));
    say(eventLine(event, told(given, event)), event);
  };
  const end = (): void => {
    view.end();
    if (verbose) for (const line of funnelLines(funnel)) view.say(line);
  };
  return { show, over: telling(given, io, view), refused, end };
};

/** The same for several torrents: a line for each, and each event says which torrent it is of. */
export const viewerOfSeveral = (given: Given, io: Io, view: Live, all: readonly Named[]): Viewer => {
  const { refused, over: failed } = failuresIn(view);
  if (io.json) {
    const json = jsonViewer(io.json);
    return {
      show: json.show,
      over: (of, ending) => {
        json.over(of, ending);
        failed(of, ending);
      },
      refused: (source, error) => {
        json.refused(source, error);
        refused(source, error);
      },
      end: () => view.end(),
    };
  }
  return boardViewer(given, io, view, all);
};

/** What is said of each that fails, by its name. */
const failuresIn = (view: Live): Pick<Viewer, 'refused' | 'over'> => {
  const refused = (source: string, error: unknown): void => view.say(failure(source, error));
  const over = ({ name }: Named, { how, error }: Ending): void => {
    if (how === 'failed') refused(name, error);
  };
  return { refused, over };
};

const boardViewer = (given: Given, io: Io, view: Live, all: readonly Named[]): Viewer => {
  const { refused, over: failed } = failuresIn(view);
  const say = saying(view);
  const ofAll = saying(view);
  const tell = telling(given, io, view);
  const board = new Board(all, () => performance.now());
  const show = (event: DownloadEvent, of: Named): void => {
    board.see(event, of);
    if (event.type === 'progress') view.show(board);
    const line = eventLine(event, told(given, event));
    if (event.type === 'warning' && OF_ALL.has(event.code)) return ofAll(line, event);
    ofAll(undefined, event);
    say(line === undefined ? undefined : `${visible(of.name)}: ${line}`, event);
  };
  const over = (of: Named, ending: Ending): void => {
    if (ending.how !== 'seeding') board.over(of, ending.how);
    view.show(board);
    tell(of, ending);
    failed(of, ending);
  };
  const end = (stopped?: Sum): void => {
    view.end();
    if (stopped !== undefined && !flag(given, 'quiet')) view.say(stoppedSumLine(stopped));
  };
  const refuse = (source: string, error: unknown): void => {
    board.refuse(source);
    refused(source, error);
  };
  return { show, over, refused: refuse, end };
};
