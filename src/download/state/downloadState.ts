import { asapScheduler, Observable, type Observer, share, Subject, type Subscription } from 'rxjs';
import type { Identity } from '../../../operators/handshake.ts';
import type { Env } from '../../contracts/env.ts';
import type { Provider } from '../../contracts/peer.ts';
import { ourPeerId } from '../../protocol/encoding/id.ts';
import { Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { PieceBuffers, PieceDrafts } from '../../torrent/pieces/pieceDrafts.ts';
import type { PieceOrder } from '../../torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../torrent/picker/piecePicker.ts';

export interface DownloadStateOptions {
  /** Which piece is begun next; by default rarest first after a few at random. */
  readonly order?: PieceOrder | undefined;
  /** Pieces are delivered in their own order, so `order` is ignored. */
  readonly ordered?: boolean | undefined;
  /** Bytes of pieces begun and not yet stored. No limit by default; two pieces are always allowed. */
  readonly memory?: number | undefined;
  /** Our peer id, 20 bytes; random if absent. */
  readonly peerId?: Uint8Array | undefined;
}

/** Buffers for the pieces of one torrent. */
export const buffersFor = (
  { pieceLength, length }: Geometry,
  { sharesMemory = false }: Pick<Env, 'sharesMemory'>,
): PieceBuffers => new PieceBuffers(Math.min(pieceLength, length), { shared: sharesMemory });

/** What the operators of one download share. */
export interface DownloadState {
  readonly geometry: Geometry;
  /** Which blocks are requested from which peer. */
  readonly picker: PiecePicker;
  /** The blocks of incomplete pieces. */
  readonly drafts: PieceDrafts<Provider>;
  readonly identity: Identity & { readonly pieceCount: number };
  /** There are blocks, or there is room, for further requests: emitted once for everything that happens in one turn. */
  readonly wake$: Observable<void>;
  /** Takes what the picker does not know of: a window is wider, or a pause is over. Then `wake$` emits. */
  readonly freed: Pick<Observer<void>, 'next'>;
}

/** Emits once per turn: `auditTime(0, asapScheduler)` without a timer for each value, since there are many pieces. */
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

/** Creates the state of one download. It belongs to one subscription: create it where the storage is opened. */
export const downloadState = (
  torrent: Pick<Torrent, 'infoHash' | 'infoHashV2' | 'length' | 'pieceLength' | 'pieceSizes' | 'pieceRoots'>,
  env: Pick<Env, 'random' | 'randomBytes' | 'sharesMemory' | 'hasher'>,
  { order, ordered, memory, peerId }: DownloadStateOptions = {},
): DownloadState => {
  // The one loop from the picker to the conversations.
  const freed = new Subject<void>();
  const geometry = new Geometry(torrent);
  const drafts = new PieceDrafts<Provider>(geometry, buffersFor(geometry, env), () => env.hasher?.(torrent));
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
    infoHashV2: torrent.infoHashV2,
    peerId: peerId ?? ourPeerId(env),
    pieceCount: geometry.pieceCount,
  };
  return { geometry, picker, drafts, identity, wake$: atOnce(freed).pipe(share()), freed };
};
