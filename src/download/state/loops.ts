import { Subject } from 'rxjs';
import type { Expulsion } from '../../../operators/disconnect.ts';
import type { MetadataKnown, PieceOutcome } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';

/** A piece that was stored has turned out to be damaged. */
export interface PieceLost {
  readonly type: 'lost';
  readonly index: number;
}

/** A piece that could not be read can be after all. */
export interface PieceFound {
  readonly type: 'found';
  readonly index: number;
}

/** Other files are wanted, or a piece that was kept apart has moved into its files. */
export interface Reselected {
  readonly type: 'reselected';
}

/** The info dictionary is known from now on. */
export type Settled = PieceOutcome | PieceLost | PieceFound | MetadataKnown | Reselected;

/**
 * The streams that flow against the pipe: a value written further down is read further up. A writer is given the loop
 * as an `Observer`, a reader as an `Observable`. The sixth is that of the picker: `freed` in `DownloadState`.
 */
export interface Loops {
  /** From the swarm to the sources: the number of peers it is short of. */
  readonly wanted: Subject<number>;
  /** From conversations to the sources: peers learnt by peer exchange. */
  readonly found: Subject<PeerAddress>;
  /** From the verifier to conversations: peers to disconnect. */
  readonly expelled: Subject<Expulsion>;
  /**
   * From the end of the pipe to all subscribers: what became of a piece, or the torrent of a magnet link. Completes
   * when nothing more will be settled.
   */
  readonly settled: Subject<Settled>;
  /**
   * From all parts to those that sleep while the torrent is idle: a peer is named or dialled, or an event is emitted.
   */
  readonly stirred: Subject<void>;
}

/** The loops of one swarm. They belong to one subscription. */
export const loops = (): Loops => ({
  wanted: new Subject(),
  found: new Subject(),
  expelled: new Subject(),
  settled: new Subject(),
  stirred: new Subject(),
});
