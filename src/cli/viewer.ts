import { defaultPace } from '../discovery/pace.ts';
import type { DownloadEvent, FunnelSample, Progress } from '../env.ts';
import type { Given, Io } from './io.ts';
import { flag } from './values.ts';
import { eventLine, eventObject, told } from './views/events.ts';
import { funnelLines } from './views/funnel.ts';
import type { Live } from './views/live.ts';
import { paceLine } from './views/pace.ts';
import { progressLine, progressLines } from './views/progress.ts';
import { severalLine, severalLines } from './views/several.ts';
import { jsonLine, visible } from './views/text.ts';

/** Lines that are remembered, so that none is said twice in a row of hours. */
const SAID = 200;

/** A torrent, as people and programs know it. */
export interface Named {
  readonly name: string;
  /** 40 hexadecimal digits. */
  readonly infoHash: string;
}

export interface Viewer {
  readonly show: (event: DownloadEvent, of: Named) => void;
  readonly end: () => void;
}

/** Says a line once. */
const saying = (view: Live): ((line: string | undefined) => void) => {
  const said = new Set<string>();
  return (line) => {
    if (line === undefined || said.has(line)) return;
    if (said.size < SAID) said.add(line);
    view.say(line);
  };
};

/** Shows each event in the form that was asked for. */
export const viewer = (given: Given, io: Io, view: Live): Viewer => {
  if (flag(given, 'json')) return { show: (event) => io.print(jsonLine(eventObject(event))), end: () => view.end() };
  const verbose = flag(given, 'verbose');
  const say = saying(view);
  let funnel: FunnelSample = { type: 'funnel', sources: [] };
  if (verbose) view.say(paceLine(defaultPace));
  const show = (event: DownloadEvent): void => {
    if (event.type === 'funnel' && verbose) funnel = event;
    if (event.type === 'progress') {
      const lines = (width: number): readonly string[] => [...progressLines(event, width), ...funnelLines(funnel, width)];
      view.show({ lines, line: () => [progressLine(event), ...funnelLines(funnel)].join('\n  ') });
    }
    say(eventLine(event, told(given, event)));
  };
  const end = (): void => {
    view.end();
    for (const line of funnelLines(funnel)) view.say(line);
  };
  return { show, end };
};

/** The same for several torrents: a line for each, and each event says which torrent it is of. */
export const viewerOfSeveral = (given: Given, io: Io, view: Live): Viewer => {
  const end = (): void => view.end();
  if (flag(given, 'json')) return { show: (event, { infoHash }) => io.print(jsonLine({ torrent: infoHash, ...eventObject(event) })), end };
  const say = saying(view);
  const samples = new Map<Named, Progress>();
  const show = (event: DownloadEvent, of: Named): void => {
    if (event.type === 'progress') {
      samples.set(of, event);
      const rows = [...samples].map(([{ name }, progress]) => ({ name: visible(name), progress }));
      view.show({ lines: (width) => severalLines(rows, width), line: () => rows.map(severalLine).join('\n  ') });
    }
    const line = eventLine(event, told(given, event));
    say(line === undefined ? undefined : `${visible(of.name)}: ${line}`);
  };
  return { show, end };
};
