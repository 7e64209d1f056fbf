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
  /**
   * How it is: at once, then at most four times a second while anything goes on. Ends as the download does. Of
   * trackers, and of why peers are served, it knows what has been told since it was first asked for.
   */
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

/**
 * A running download: nothing of it can be read before its files are open and checked. What is not used costs nothing:
 * a thousand torrents have a thousand of these.
 */
export class RunningDownload implements Download {
  readonly events$: Observable<DownloadEvent>;
  readonly #swarm: TorrentSwarm;
  #model: ReadModel | undefined;
  /** What is to be done when its files are open. */
  #waiting: ((parts: Parts) => void)[] | undefined;
  #parts: Parts | undefined;

  /** `events$` is hot. */
  constructor(swarm: TorrentSwarm, events$: Observable<DownloadEvent>) {
    this.#swarm = swarm;
    this.events$ = events$;
  }

  /** Its files are open. */
  opened(parts: Parts): void {
    this.#parts = parts;
    if (this.#model !== undefined) this.#model.parts = parts;
    for (const doing of this.#waiting ?? []) doing(parts);
    this.#waiting = undefined;
  }

  heard(event: DownloadEvent): void {
    this.#model?.heard(event);
  }

  get state$(): Observable<DownloadSnapshot> {
    const model = (this.#model ??= new ReadModel(this.#swarm));
    model.parts = this.#parts;
    return this.#swarm.ticks(STATE_EVERY).pipe(
      startWith(undefined),
      map(() => model.snapshot()),
      takeUntil(this.events$.pipe(ignoreElements(), endWith(undefined))),
    );
  }

  get read(): Download['read'] {
    return (file, range) => this.#restored$.pipe(switchMap((parts) => readRange(parts, file, range)));
  }

  get prioritise(): Download['prioritise'] {
    return (file, priority, range) => {
      const doing = (parts: Parts): void => prioritise(parts, file, priority, range);
      if (this.#parts === undefined) (this.#waiting ??= []).push(doing);
      else doing(this.#parts);
    };
  }

  get pause(): Download['pause'] {
    return () => this.#rest(true);
  }

  get resume(): Download['resume'] {
    return () => this.#rest(false);
  }

  get announce(): Download['announce'] {
    return () => this.#swarm.demand.ask();
  }

  get connect(): Download['connect'] {
    return (address) => this.#swarm.loops.found.next(dialable(address));
  }

  #rest(resting: boolean): void {
    const { pausing, loops } = this.#swarm;
    pausing.rest(resting);
    loops.freed.next();
    loops.stirred.next();
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
