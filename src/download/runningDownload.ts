import { endWith, filter, ignoreElements, map, type Observable, startWith, switchMap, take, takeUntil } from 'rxjs';
import { InputError } from '../contracts/errors.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import type { PeerAddress } from '../contracts/network.ts';
import { addressFault } from '../protocol/encoding/address.ts';
import type { Parts } from './parts.ts';
import { type ByteRange, readRange, spanOf } from './readRange.ts';
import { type DownloadSnapshot, ReadModel } from './readModel.ts';
import type { TorrentSwarm } from './torrentSwarm.ts';

/** Milliseconds between two snapshots. */
const STATE_EVERY = 250;

/** A download while it runs. Unsubscribing from what opened it ends it. */
export interface Download {
  /** All that happens. Hot: subscribe at once. Ends as the download does. */
  readonly events$: Observable<DownloadEvent>;
  /** How it is: at once, then at most four times a second while anything goes on. Ends as the download does. */
  readonly state$: Observable<DownloadSnapshot>;
  /**
   * The bytes of a file in their order, by its number from 0: what is stored at once, the rest as it is verified; these
   * pieces are fetched before all others. The download does not end before all that is being read has been read. Errors
   * with an `InputError` for a file or a range that there is not, and with a `StorageError` `missing` when the download
   * ends before it is there.
   */
  read(file: number, range?: ByteRange): Observable<Uint8Array>;
  /**
   * Pieces of a file, or of a range of it, are asked for sooner the higher their priority is, from −128 to 127; all
   * have 0 at first. Counts with orders that look at it, as the default one does. @throws InputError
   */
  prioritise(file: number, priority: number, range?: ByteRange): void;
  /** Asks for nothing more, and serves nobody, until it is resumed. Connections stay. */
  pause(): void;
  resume(): void;
  /** Looks for peers as soon as the trackers and other sources allow it, whether any are wanted or not. */
  announce(): void;
  /** Names a peer, which is dialled in its turn. @throws InputError for what is no address */
  connect(address: { readonly host: string; readonly port: number }): void;
}

/** What of a running download can be seen and changed. Nothing can be read before its files are open and checked. */
export class RunningDownload {
  readonly #swarm: TorrentSwarm;
  readonly #model: ReadModel;
  /** What is to be done when its files are open. */
  readonly #waiting: ((parts: Parts) => void)[] = [];
  #parts: Parts | undefined;

  constructor(swarm: TorrentSwarm) {
    this.#swarm = swarm;
    this.#model = new ReadModel(swarm);
  }

  /** Its files are open. */
  opened(parts: Parts): void {
    this.#parts = this.#model.parts = parts;
    for (const doing of this.#waiting.splice(0)) doing(parts);
  }

  heard(event: DownloadEvent): void {
    this.#model.heard(event);
  }

  /** For those who use it. `events$` is hot. */
  with(events$: Observable<DownloadEvent>): Download {
    const { loops, ticks, demand, pausing } = this.#swarm;
    const rest = (resting: boolean): void => {
      pausing.rest(resting);
      loops.freed.next();
      loops.stirred.next();
    };
    return {
      events$,
      state$: ticks(STATE_EVERY).pipe(
        startWith(undefined),
        map(() => this.#model.snapshot()),
        takeUntil(events$.pipe(ignoreElements(), endWith(undefined))),
      ),
      read: (file, range) => this.#restored$.pipe(switchMap((parts) => readRange(parts, file, range))),
      prioritise: (file, priority, range) => this.#opened((parts) => prioritise(parts, file, priority, range)),
      pause: () => rest(true),
      resume: () => rest(false),
      announce: () => demand.ask(),
      connect: (address) => loops.found.next(dialable(address)),
    };
  }

  #opened(doing: (parts: Parts) => void): void {
    if (this.#parts === undefined) this.#waiting.push(doing);
    else doing(this.#parts);
  }

  /** Emits once, when it is known what of it is there. */
  get #restored$(): Observable<Parts> {
    const { stats, loops } = this.#swarm;
    return loops.stirred.pipe(
      startWith(undefined),
      map(() => (stats.phase.state === 'checking' ? undefined : this.#parts)),
      filter((parts) => parts !== undefined),
      take(1),
    );
  }
}

const dialable = ({ host, port }: { readonly host: string; readonly port: number }): PeerAddress => {
  const fault = addressFault({ host, port });
  if (fault !== undefined) throw new InputError('bad-option', fault);
  return { host, port, source: 'manual' };
};

const prioritise = (parts: Parts, file: number, priority: number, range: ByteRange = {}): void => {
  const { offset, length } = spanOf(parts, file, range);
  if (length === 0) return;
  const [first, last] = parts.geometry.piecesOf(offset, length);
  for (let index = first; index <= last; index++) parts.picker.prioritise(index, priority);
};
