import { endWith, filter, ignoreElements, map, type Observable, startWith, switchMap, take, takeUntil } from 'rxjs';
import { InputError } from '../../contracts/errors.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { addressFault } from '../../protocol/encoding/address.ts';
import type { Parts } from '../parts.ts';
import { type ByteRange, type ReadRange, readRange, spanOf } from './readRange.ts';
import { type DownloadSnapshot, type FileProgress, filesOf, ReadModel } from './readModel.ts';
import type { TorrentSwarm } from '../swarm/torrentSwarm.ts';

/** Milliseconds between two snapshots. */
const STATE_EVERY = 250;

/** A running download. Unsubscribing from the Observable that emitted it ends it. */
export interface Download {
  /** All events. Hot: subscribe at once. Ends as the download does. */
  readonly events$: Observable<DownloadEvent>;
  /**
   * The state: emitted at once, then at most four times a second while anything changes. Ends as the download does.
   * The rates of single peers are measured while it is subscribed to: they are 0 in the first snapshot.
   */
  readonly state$: Observable<DownloadSnapshot>;
  /** How far each file is now, padding left out, as `state$` tells it; none before they are open. */
  files(): readonly FileProgress[];
  /**
   * The bytes of a file in their order, by its number from 0: stored bytes at once, the rest when it is verified; these
   * pieces are fetched before all others. The download does not end before all reads have ended. Errors with an
   * `InputError` for a file or a range that does not exist, and with a `StorageError` `missing` when the download ends
   * before the bytes are there.
   */
  read(file: number, range?: ReadRange): Observable<Uint8Array>;
  /**
   * Sets the priority of a file, or of a range of it, from −128 to 127: pieces of higher priority are requested sooner.
   * All have 0 at first. Works with orders that read the priority, as the default one does. @throws InputError
   */
  prioritise(file: number, priority: number, range?: ByteRange): void;
  /** Requests nothing more, and serves no peer, until it is resumed. Connections stay open. */
  pause(): void;
  resume(): void;
  /** Looks for peers as soon as the trackers and other sources allow it, even if no peers are wanted. */
  announce(): void;
  /** Adds a peer, which is dialled in its turn. @throws InputError for an invalid address */
  connect(address: { readonly host: string; readonly port: number }): void;
}

/**
 * A running download: nothing of it can be read before its files are open and checked. Parts are created on first use,
 * since there may be a thousand downloads.
 */
export class RunningDownload implements Download {
  readonly events$: Observable<DownloadEvent>;
  readonly #swarm: TorrentSwarm;
  #model: ReadModel | undefined;
  /** Calls that wait until the files are open. */
  #waiting: ((parts: Parts) => void)[] | undefined;
  #parts: Parts | undefined;

  /** `events$` is hot. */
  constructor(swarm: TorrentSwarm, events$: Observable<DownloadEvent>) {
    this.#swarm = swarm;
    this.events$ = events$;
  }

  /** The files are open. */
  opened(parts: Parts): void {
    this.#parts = parts;
    if (this.#model !== undefined) this.#model.parts = parts;
    for (const doing of this.#waiting ?? []) doing(parts);
    this.#waiting = undefined;
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

  get files(): Download['files'] {
    return () => (this.#parts === undefined ? [] : filesOf(this.#parts));
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
    this.#parts?.freed.next();
    loops.stirred.next();
  }

  /** Emits once, when it is known which pieces are stored. */
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
