import type { Bitfield } from '../bitfield.ts';

/** What is counted of a connected peer. */
export interface Member {
  readonly state: {
    readonly choked: boolean;
    readonly downloaded: number;
    readonly uploaded: number;
    readonly have: Bitfield;
  };
}

/**
 * Who is connected now, and what all who were have given. Depends on nothing. Invariant: the totals never fall.
 */
export class ConnectedPeers<Key, M extends Member> {
  readonly #members = new Map<Key, M>();
  #downloaded = 0;
  #uploaded = 0;

  get size(): number {
    return this.#members.size;
  }

  get members(): Iterable<M> {
    return this.#members.values();
  }

  /** Who is there by this key, if anybody is. */
  member(key: Key): M | undefined {
    return this.#members.get(key);
  }

  joined(key: Key, member: M): void {
    this.#members.set(key, member);
  }

  /** The member that left, if it had joined. */
  left(key: Key): M | undefined {
    const member = this.#members.get(key);
    if (member === undefined) return undefined;
    this.#members.delete(key);
    this.#downloaded += member.state.downloaded;
    this.#uploaded += member.state.uploaded;
    return member;
  }

  /** Members that have unchoked us. */
  get unchoked(): number {
    let count = 0;
    for (const { state } of this.#members.values()) if (!state.choked) count++;
    return count;
  }

  /** Is there anyone for whom this holds? */
  some(holds: (member: M) => boolean): boolean {
    for (const member of this.#members.values()) if (holds(member)) return true;
    return false;
  }

  /** Payload bytes received, of all who are and were here. */
  get downloaded(): number {
    let sum = this.#downloaded;
    for (const { state } of this.#members.values()) sum += state.downloaded;
    return sum;
  }

  get uploaded(): number {
    let sum = this.#uploaded;
    for (const { state } of this.#members.values()) sum += state.uploaded;
    return sum;
  }
}
