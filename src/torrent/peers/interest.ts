import type { Message } from '../../protocol/peer/messages.ts';
import type { Bitfield } from '../bitfield.ts';

/** What we want of a peer, and the count of what peers have. `PiecePicker` is one. */
export interface Wishes {
  readonly availability: {
    told(who: object, have: Bitfield): void;
    gained(who: object, piece: number): void;
    left(who: object): void;
  };
  /** Have they anything that we lack? */
  wants(have: Bitfield): boolean;
  wantsPiece(piece: number): boolean;
}

/** A peer that may have what we lack. Its state is updated before `Interest` hears of a message. */
export interface Holder {
  readonly state: {
    readonly choked: boolean;
    /** We have told the peer that we are interested. */
    readonly interesting: boolean;
    readonly have: Bitfield;
    readonly allowedFast: ReadonlySet<number>;
    /** Number of pieces that the peer had and no longer has (BEP 54). */
    readonly revoked: number;
  };
  send(...messages: readonly Message[]): unknown;
}

/** Milliseconds between two looks at whether the peer still has what we lack. */
export const LOOK_EVERY = 10_000;

/**
 * Whether we are interested in one peer, and whether it lets us ask. It tells the peer when the first changes, and the
 * picker what the peer has. Depends on what the peer has said, on what we lack, and on how many looks have passed.
 */
export class Interest {
  readonly #wishes: Wishes;
  readonly #peer: Holder;
  /** Milliseconds that the peer has kept us choked and interested. The look in which that begins does not count. */
  #waited = -LOOK_EVERY;
  /** Milliseconds that the peer has had nothing we lack, counted in the same way. */
  #idled = -LOOK_EVERY;
  #revoked: number;
  /**
   * The pieces of the peer have been counted anew since the last look. That costs a pass over all pieces, and a peer
   * that takes back one after the other could make it many.
   */
  #recounted = false;

  constructor(wishes: Wishes, peer: Holder) {
    this.#wishes = wishes;
    this.#peer = peer;
    this.#revoked = peer.state.revoked;
  }

  /** What the peer has said before counts, too. */
  begin(): void {
    if (this.#peer.state.have.count > 0) this.#told();
    this.#tell();
  }

  /** The peer has unchoked us, or allows us a piece that we lack while it chokes us (BEP 6). */
  get served(): boolean {
    const { choked, allowedFast } = this.#peer.state;
    return !choked || [...allowedFast].some((piece) => this.#allows(piece));
  }

  /** Any message but a block. True if the peer may be asked from now on because of it. */
  heard(message: Message): boolean {
    const { state } = this.#peer;
    switch (message.type) {
      case 'have':
        this.#wishes.availability.gained(this.#peer, message.piece);
        if (!state.interesting && this.#wishes.wantsPiece(message.piece)) this.#peer.send({ type: 'interested' });
        return state.choked && this.#allows(message.piece);
      case 'allowedFast':
        return state.choked && this.#allows(message.piece);
      case 'bitfield':
      case 'haveAll':
        this.#told();
        this.#tell();
        return false;
      case 'extended':
        if (!this.#recounted) this.#recount();
        return false;
      case 'unchoke':
        this.#waited = -LOOK_EVERY;
        return true;
      default:
        return false;
    }
  }

  /** Must be called every {@link LOOK_EVERY} milliseconds. */
  look(): void {
    const { state } = this.#peer;
    this.#tell();
    this.#recount();
    this.#recounted = false;
    this.#waited = state.choked && state.interesting ? this.#waited + LOOK_EVERY : -LOOK_EVERY;
    this.#idled = state.interesting ? -LOOK_EVERY : this.#idled + LOOK_EVERY;
  }

  /** What the peer has done wrong, if it has been waited for longer than this (ms): to unchoke us, or to be of use. */
  complaint(patience: number, idle: number): string | undefined {
    if (this.#waited < patience && this.#idled < idle) return undefined;
    return this.#waited > this.#idled
      ? `has not unchoked us for ${this.#waited / 1000} s`
      : `has had nothing we lack for ${this.#idled / 1000} s`;
  }

  /** The peer is gone: what it has no longer counts. */
  end(): void {
    this.#wishes.availability.left(this.#peer);
  }

  #allows(piece: number): boolean {
    const { allowedFast, have } = this.#peer.state;
    return allowedFast.has(piece) && have.has(piece) && this.#wishes.wantsPiece(piece);
  }

  #told(): void {
    this.#wishes.availability.told(this.#peer, this.#peer.state.have);
  }

  #tell(): void {
    const { have, interesting } = this.#peer.state;
    const wants = this.#wishes.wants(have);
    if (wants !== interesting) this.#peer.send({ type: wants ? 'interested' : 'notInterested' });
  }

  #recount(): void {
    const { revoked } = this.#peer.state;
    if (revoked === this.#revoked) return;
    this.#revoked = revoked;
    this.#recounted = true;
    this.#told();
    this.#tell();
  }
}
