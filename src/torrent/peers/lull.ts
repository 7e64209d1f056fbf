/** Looks without a byte, a second apart, after which peers that all fell silent are taken for lost. */
export const LULL = 6;
/** A peer that has always made pauses may make one so many times as long. */
const USUAL = 3;
/** Milliseconds after which a look counts no longer: the peer owes us nothing now. */
const FRESH = 1_500;

/** A peer that is waited for. */
interface Awaited {
  readonly state: { readonly heard: number; readonly downloaded: number };
}

interface Look {
  at: number;
  heard: number;
  /** Looks in a row without a byte, and the most of them after which it spoke again. */
  silent: number;
  longest: number;
  /** It was silent when the line was found to be dead, and no byte has been noticed since. */
  lost: boolean;
}

/**
 * Tells a dead line from a slow peer: one peer that says nothing may be busy; when all that were giving fall silent
 * together, it is the way to them that is gone, and it is no use to wait for any. Depends on which peers owe us blocks,
 * and when a byte of theirs came last. Looks are counted, not milliseconds: a machine that has slept finds its peers as
 * they were.
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

  /** To be called once a second for each peer that owes us a block, with `now` in milliseconds. */
  notice(peer: P, now: number): void {
    const { heard } = peer.state;
    const look = this.#looks.get(peer);
    if (look === undefined) {
      this.#looks.set(peer, { at: now, heard, silent: 0, longest: 0, lost: false });
      return;
    }
    if (look.heard !== heard) look.longest = Math.max(look.longest, look.silent);
    // A peer that owed us nothing in between was not silent.
    look.silent = look.heard === heard && now - look.at <= FRESH ? look.silent + 1 : 0;
    look.lost &&= look.heard === heard;
    look.heard = heard;
    look.at = now;
    if (!look.lost && gone(peer, look)) this.#lookAtAll(now);
  }

  /** Is the line to this peer dead, as far as has been noticed? */
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

/** It has given us something before, so it can. */
const gone = ({ state }: Awaited, { silent, longest }: Look): boolean =>
  state.downloaded > 0 && silent >= Math.max(LULL, USUAL * longest);
