import { asapScheduler, Observable, share, Subject, type Subscription } from 'rxjs';
import type { Identity } from '../../operators/handshake.ts';
import type { Env } from '../contracts/env.ts';
import type { Peer } from '../contracts/peer.ts';
import { createPeerId } from '../protocol/encoding/id.ts';
import { Geometry } from '../torrent/geometry.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { PieceBuffers, PieceDrafts } from '../torrent/pieces/pieceDrafts.ts';
import type { PieceOrder } from '../torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../torrent/picker/piecePicker.ts';

export interface DownloadStateOptions {
  /** What is asked for first; rarest first after a few at random. */
  readonly order?: PieceOrder | undefined;
  /** Whoever takes the pieces takes them in their order, whatever `order` says. */
  readonly ordered?: boolean | undefined;
  /** Bytes of pieces begun and not yet stored. No limit; two pieces are always allowed. */
  readonly memory?: number | undefined;
  /** 20 bytes; made up if not given. */
  readonly peerId?: Uint8Array | undefined;
  /** Takes it when there is more to ask for; its own if not given. */
  readonly freed?: Subject<void> | undefined;
}

/** Buffers for the pieces of one torrent. */
export const buffersFor = (
  { pieceLength, length }: Geometry,
  { sharesMemory = false }: Pick<Env, 'sharesMemory'>,
): PieceBuffers => new PieceBuffers(Math.min(pieceLength, length), { shared: sharesMemory });

/** What the operators of one download share. */
export interface DownloadState {
  readonly geometry: Geometry;
  /** Who is asked for which block. */
  readonly picker: PiecePicker;
  /** What has come of the pieces that are not whole. */
  readonly drafts: PieceDrafts<Peer>;
  readonly identity: Identity & { readonly pieceCount: number };
  /** There are blocks, or there is room, to ask for more: once for all that happens at one time. */
  readonly wake$: Observable<void>;
}

/** One for all that happens at one time: `auditTime(0, asapScheduler)` without a timer for each, as pieces are many. */
const atOnce = (source$: Observable<void>): Observable<void> =>
  new Observable((subscriber) => {
    let due: Subscription | undefined;
    const emit = (): void => {
      due = undefined;
      subscriber.next();
    };
    subscriber.add(() => due?.unsubscribe());
    return source$.subscribe({
      next: () => (due ??= asapScheduler.schedule(emit)),
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });

/** The state of one download, wired up. It is of one subscription: make it where the storage is opened. */
export const downloadState = (
  torrent: Torrent,
  env: Pick<Env, 'random' | 'randomBytes' | 'sharesMemory' | 'hasher'>,
  { order, ordered, memory, peerId, freed = new Subject() }: DownloadStateOptions = {},
): DownloadState => {
  const geometry = new Geometry(torrent);
  const drafts = new PieceDrafts<Peer>(geometry, buffersFor(geometry, env), () => env.hasher?.());
  const picker = new PiecePicker(geometry, {
    order,
    ordered,
    memory,
    random: () => env.random(),
    freed: () => freed.next(),
    abandoned: (piece) => drafts.drop(piece),
  });
  const identity = {
    infoHash: torrent.infoHash,
    peerId: peerId ?? createPeerId(env.randomBytes(12)),
    pieceCount: geometry.pieceCount,
  };
  return { geometry, picker, drafts, identity, wake$: atOnce(freed).pipe(share()) };
};
