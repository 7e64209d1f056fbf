/** Number of checks without a byte, one second apart, after which peers that all fell silent are considered lost. */
export const LULL = 6;
/** A peer that has always paused may pause this many times longer than its longest pause. */
const USUAL = 3;
/** Milliseconds after which a check no longer counts: the peer owes us nothing now. */
const FRESH = 1_500;

/** A peer that owes us blocks. */
export interface Awaited {
  readonly state: { readonly heard: number; readonly downloaded: number };
}

interface Look {
  at: number;
  heard: number;
  /** Number of checks in a row without a byte, and the highest number after which the peer sent something again. */
  silent: number;
  longest: number;
  /** The peer was silent when the line was found to be dead, and has sent no byte since. */
  lost: boolean;
}

/**
 * Tells a dead line from a slow peer. One silent peer may be busy. When all peers that were sending fall silent at the
 * same time, our connection to them is lost, and waiting is useless. Depends on which peers owe us blocks, and on when
 * each of them sent its last byte. Checks are counted instead of milliseconds, so that a machine that was asleep does
 * not consider its peers lost.
 *
 * ```
 * a   b-b-b-------------
 * b   -b-b-b------------
 *     looks     123456x      both are given up
 * ```
 */
export class Lull<P extends Awaited> {
  readonly #looks = new WeakMap<P, Look>();
  readonly #members: () => Iterable<P>;

  /** `members` are those that are connected. */
  constructor(members: () => Iterable<P>) {
    this.#members = members;
  }

  /** Must be called once a second for each peer that owes us a block, with `now` in milliseconds. */
  notice(peer: P, now: number): void {
    const { heard } = peer.state;
    const look = this.#looks.get(peer);
    if (look === undefined) {
      this.#looks.set(peer, { at: now, heard, silent: 0, longest: 0, lost: false });
      return;
    }
    if (look.heard !== heard) look.longest = Math.max(look.longest, look.silent);
    // A peer that owed us nothing in the meantime was not silent.
    look.silent = look.heard === heard && now - look.at <= FRESH ? look.silent + 1 : 0;
    look.lost &&= look.heard === heard;
    look.heard = heard;
    look.at = now;
    if (!look.lost && gone(peer, look)) this.#lookAtAll(now);
  }

  /** Has the line to this peer been found dead? */
  lost(peer: P): boolean {
    return this.#looks.get(peer)?.lost === true;
  }

  #lookAtAll(now: number): void {
    const awaited: Look[] = [];
    for (const member of this.#members()) {
      const look = this.#looks.get(member);
      if (look === undefined || now - look.at > FRESH) continue;
      if (!gone(member, look)) return;
      awaited.push(look);
    }
    if (awaited.length > 1) for (const look of awaited) look.lost = true;
  }
}

/** The peer has given us something before, and is now silent for much longer than it ever was. */
const gone = ({ state }: Awaited, { silent, longest }: Look): boolean =>
  state.downloaded > 0 && silent >= Math.max(LULL, USUAL * longest);
