import type { DownloadEvent } from '../../contracts/events.ts';
import type { Moment } from './live.ts';
import { type Row, severalLine, severalLines, statesLine, totalLine, totalLogLine } from './several.ts';
import { visible } from '../io/text.ts';
import { totalOf } from '../../torrent/geometry.ts';

/** Milliseconds between two orders of the rows: a user who reads a row must find it where it was. */
const SORT_EVERY = 5_000;
/** Torrents that are told of in a log at one time. */
const LOGGED = 10;

interface Known {
  readonly name: string;
  readonly infoHash: string;
  readonly length?: number;
}

/** Which rows come first: what moves, then what may soon, then what waits. */
const RANKS = { downloading: 0, paused: 0, checking: 1, metadata: 1, seeding: 2, done: 3, waiting: 4 } as const;

const rank = ({ progress }: Row): number => RANKS[progress?.phase ?? 'waiting'];
const busy = ({ progress }: Row): number => (progress?.phase === 'seeding' ? progress.upRate : (progress?.rate ?? 0));

/**
 * All torrents of a command as rows: torrents that are over are only counted, the others have a row, the busiest first.
 * Their order changes every few seconds at most, except that rows go. Without a change, the board returns its last
 * rows.
 */
export class Board implements Moment {
  readonly #now: () => number;
  readonly #rows = new Map<string, Row>();
  /** Info-hashes, in the order in which they are shown. */
  #order: readonly string[];
  #sortAt = 0;
  /** Have rows changed since they were last put in order? */
  #unsorted = true;
  /**
   * What was drawn last, until a row changes: a thousand idle torrents are not to be gone through four times a second.
   */
  #drawn: { readonly lines: readonly string[]; readonly width: number; readonly height: number } | undefined;
  #title: string | undefined;

  constructor(all: readonly Known[], now: () => number) {
    this.#now = now;
    for (const { name, infoHash, length } of all)
      this.#rows.set(infoHash, { name: visible(name), state: 'waiting', length });
    this.#order = [...this.#rows.keys()];
  }

  see(event: DownloadEvent, { infoHash }: Known): void {
    const row = this.#rows.get(infoHash);
    if (row === undefined) return;
    if (event.type === 'progress') this.#set(infoHash, { ...row, state: 'running', progress: event });
    if (event.type === 'metadata')
      this.#set(infoHash, { ...row, name: visible(event.torrent.name), length: totalOf(event.torrent) });
  }

  /** A source that is no torrent has failed before it could begin. */
  refuse(source: string): void {
    this.#set(`refused ${this.#rows.size}`, { name: visible(source), state: 'failed' });
  }

  over({ infoHash }: Known, how: 'complete' | 'given' | 'stopped' | 'failed'): void {
    const row = this.#rows.get(infoHash);
    if (row !== undefined) this.#set(infoHash, { ...row, state: how === 'failed' ? 'failed' : 'over' });
  }

  get title(): string {
    return (this.#title ??= statesLine([...this.#rows.values()]));
  }

  /** The same array as before if nothing has changed. */
  lines(width: number, height: number): readonly string[] {
    const due = this.#unsorted && this.#now() >= this.#sortAt;
    if (!due && this.#drawn?.width === width && this.#drawn.height === height) return this.#drawn.lines;
    const all = [...this.#rows.values()];
    const lines = [totalLine(all, width), ...severalLines(this.#open(), width, height - 1)];
    this.#drawn = { lines, width, height };
    return lines;
  }

  line(): string {
    const open = this.#open();
    const more = open.length > LOGGED ? [`… and ${open.length - LOGGED} more`] : [];
    return [totalLogLine([...this.#rows.values()]), ...open.slice(0, LOGGED).map(severalLine), ...more].join('\n  ');
  }

  #set(key: string, row: Row): void {
    this.#rows.set(key, row);
    this.#unsorted = true;
    this.#drawn = this.#title = undefined;
  }

  /** Those that have a row, in order. */
  #open(): readonly Row[] {
    const now = this.#now();
    if (this.#unsorted && now >= this.#sortAt) {
      this.#unsorted = false;
      this.#sortAt = now + SORT_EVERY;
      this.#order = [...this.#rows.keys()].sort((one, other) => this.#compare(one, other));
    }
    return this.#order
      .flatMap((infoHash) => this.#rows.get(infoHash) ?? [])
      .filter(({ state }) => state === 'waiting' || state === 'running');
  }

  /** As given where nothing else tells them apart: sorting is stable, and the map has the order of the command line. */
  #compare(one: string, other: string): number {
    const [a, b] = [this.#rows.get(one), this.#rows.get(other)];
    if (a === undefined || b === undefined) return 0;
    return rank(a) - rank(b) || busy(b) - busy(a);
  }
}
