import type { DownloadEvent } from '../../contracts/events.ts';
import { Interrupted, SomeFailed } from '../io/exit.ts';
import { jsonLine } from '../io/text.ts';
import { type Clock, machineClock } from './clock.ts';
import { isoTime } from '../../contracts/json/jsonOf.ts';
import { type Begun, Entry } from './entry.ts';
import { jsonOfError, jsonOf } from '../../contracts/json/jsonOf.ts';
import type { Told, ToldOfAny } from '../../contracts/json/told.ts';

/** Objects that wait for the first `start`. */
const WAITING = 100;

/**
 * Everything that `--json` writes, in a valid order whatever the calls: the first object of all and of each torrent is
 * `start`, the last one `end`; each error is written once; no object follows the end of its torrent.
 */
export class Journal {
  readonly #print: (line: string) => void;
  readonly #version: string;
  readonly #clock: Clock;
  /** By info-hash; by undefined where no torrent is known. */
  readonly #entries = new Map<string | undefined, Entry>();
  readonly #errors = new Set<unknown>();
  readonly #began: number;
  /**
   * Milliseconds from the beginning of the command until the first `start`: sources were read and fetched for all that
   * followed.
   */
  #prepared: number | undefined;
  #waiting: ToldOfAny[] = [];
  #held = false;
  #closed = false;
  /** As the user calls it. */
  command = '';

  constructor(print: (line: string) => void, version: string, clock: Clock = machineClock) {
    this.#print = print;
    this.#version = version;
    this.#clock = clock;
    this.#began = clock.steady();
  }

  /** The command begins with a torrent; without one if it is about none, or about one that does not exist yet. */
  start(begun: Begun = {}, torrent?: string): void {
    const known = torrent === undefined ? undefined : this.#entries.get(torrent);
    // What has been made is begun with already.
    if (known !== undefined && !known.ended) return void (known.path = begun.target ?? known.path);
    const now = this.#clock.steady();
    this.#prepared ??= now - this.#began;
    this.#entries.set(
      torrent,
      new Entry(this.command, begun, { now: this.#clock.steady, began: now - this.#prepared }),
    );
    this.#write({ type: 'start', command: this.command, version: this.#version, ...begun }, torrent);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const told of waiting) this.#write(told, undefined);
  }

  /** Where the torrent is written or read, as soon as that is known. */
  place(path: string, torrent: string): void {
    this.#entryOf(torrent).path = path;
  }

  /** One object. */
  tell(told: Told, torrent: string): void;
  tell(told: ToldOfAny): void;
  tell(told: Told, torrent?: string): void {
    if (this.#closed) return;
    if (torrent === undefined && this.#entries.size === 0) {
      if (this.#waiting.length < WAITING) this.#waiting.push(told as ToldOfAny);
      return;
    }
    const entry = torrent === undefined ? undefined : this.#entryOf(torrent);
    if (entry?.ended) return;
    // Held-back samples come before it.
    if (told.type === 'done') for (const rest of entry?.rest(this.#clock.steady()) ?? []) this.#write(rest, torrent);
    const due = entry === undefined ? told : entry.see(told, this.#clock.steady());
    if (due !== undefined) this.#write(due, torrent);
  }

  /** An event of a download. */
  event(event: DownloadEvent, torrent: string): void {
    this.#entryOf(torrent).account.see(event);
    this.tell(jsonOf(event), torrent);
  }

  /** What bencode stands for: JSON text, since its integers may be longer than a number of JavaScript. */
  decoded(json: string): void {
    this.#write({ type: 'decoded', value: null }, undefined, (line) => line.replace(/null\}$/, () => `${json}}`));
  }

  /** Writes an error, unless it has been written. */
  fail(error: unknown, torrent?: string): void {
    if (!this.#isNews(error)) return;
    this.#errors.add(error);
    const told = jsonOfError(error);
    if (torrent === undefined) this.tell(told);
    else this.tell(told, torrent);
  }

  /** A source that can't be used, among others; the command may have begun with it. */
  refused(source: string, error: unknown): void {
    if (this.#entries.get(undefined)?.ended !== false) this.start({ sources: [source] });
    this.#end(undefined, error);
  }

  /** Torrents end when the command does: more of their objects follow. */
  hold(): void {
    this.#held = true;
  }

  /** A torrent is over, for better or worse. */
  end(torrent: string, error?: unknown): void {
    if (!this.#held) this.#end(torrent, error);
  }

  /** The command is over, and so is each torrent that has not ended. */
  close(error?: unknown): void {
    if (this.#closed) return;
    const open = [...this.#entries].filter(([, { ended }]) => !ended).map(([torrent]) => torrent);
    if (this.#entries.size === 0 || (open.length === 0 && this.#isNews(error))) {
      this.start();
      open.push(undefined);
    }
    this.fail(error, open.length === 1 ? open[0] : undefined);
    for (const torrent of open) this.#end(torrent, error);
    this.#closed = true;
  }

  #isNews(error: unknown): boolean {
    return (
      error !== undefined && !(error instanceof Interrupted || error instanceof SomeFailed || this.#errors.has(error))
    );
  }

  #end(torrent: string | undefined, error: unknown): void {
    const entry = torrent === undefined ? this.#entries.get(undefined) : this.#entryOf(torrent);
    if (entry === undefined || entry.ended) return;
    this.fail(error, torrent);
    const now = this.#clock.steady();
    for (const told of entry.rest(now)) this.#write(told, torrent);
    this.#write(entry.end(error), torrent);
    entry.ended = true;
  }

  /** The entry of a torrent. A new one is begun here: the command has made the torrent, or begins with it now. */
  #entryOf(torrent: string): Entry {
    const known = this.#entries.get(torrent);
    if (known !== undefined) return known;
    const nameless = this.#entries.get(undefined);
    if (nameless === undefined || nameless.ended) {
      this.start({}, torrent);
      return this.#entryOf(torrent);
    }
    this.#entries.delete(undefined);
    this.#entries.set(torrent, nameless);
    return nameless;
  }

  #write({ type, ...rest }: Told, torrent: string | undefined, last = (line: string): string => line): void {
    if (this.#closed) return;
    this.#print(last(jsonLine({ type, torrent, time: isoTime(this.#clock.wall()), ...rest })));
  }
}
