import { Subject } from 'rxjs';
import type { Expulsion } from '../../operators/disconnect.ts';
import type { PeerAddress } from '../contracts/network.ts';

/**
 * Where values flow against the pipe: each of these is written to at one place further down and read at another further
 * up. Whoever writes is given the loop as an `Observer`, whoever reads as an `Observable`.
 */
export interface Loops {
  /** From the swarm to the sources: it is this many peers short. */
  readonly wanted: Subject<number>;
  /** From conversations to the sources: peers that peers have told us about. */
  readonly found: Subject<PeerAddress>;
  /** From what checks pieces to conversations: peers that have to go. */
  readonly expelled: Subject<Expulsion>;
  /** From everything to what sleeps while nothing happens: somebody is named or dialled, or something is told. */
  readonly stirred: Subject<void>;
}

/** The loops of one swarm: of one subscription. */
export const loops = (): Loops => ({
  wanted: new Subject(),
  found: new Subject(),
  expelled: new Subject(),
  stirred: new Subject(),
});
