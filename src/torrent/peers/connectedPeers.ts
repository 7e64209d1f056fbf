import type { Bitfield } from '../bitfield.ts';

/** What is counted for a connected peer. */
export interface Member {
  readonly state: {
    readonly choked: boolean;
    readonly downloaded: number;
    readonly uploaded: number;
    readonly have: Bitfield;
  };
}

/** The peers that are connected now, and the totals of all that ever were: these never decrease. */
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

  /** The member with this key, if there is one. */
  member(key: Key): M | undefined {
    return this.#members.get(key);
  }

  joined(key: Key, member: M): void {
    this.#members.set(key, member);
  }

  /** Removes a member, and returns it if it had joined. */
  left(key: Key): M | undefined {
    const member = this.#members.get(key);
    if (member === undefined) return undefined;
    this.#members.delete(key);
    this.#downloaded += member.state.downloaded;
    this.#uploaded += member.state.uploaded;
    return member;
  }

  /** Payload bytes have come from a server that is no member. */
  gained(bytes: number): void {
    this.#downloaded += bytes;
  }

  /** Number of members that have unchoked us. */
  get unchoked(): number {
    let count = 0;
    for (const { state } of this.#members.values()) if (!state.choked) count++;
    return count;
  }

  /** Is there a member for which `holds` is true? */
  some(holds: (member: M) => boolean): boolean {
    for (const member of this.#members.values()) if (holds(member)) return true;
    return false;
  }

  /** Payload bytes received from all present and past members. */
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
