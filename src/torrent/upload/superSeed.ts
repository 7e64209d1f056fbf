import type { Bitfield } from '../bitfield.ts';

/** A peer that pieces are shown to. */
export interface Viewer {
  readonly state: { readonly have: Bitfield };
}

interface Shown {
  readonly show: (piece: number) => void;
  piece: number | undefined;
  /** Looks since the peer has the piece. */
  looks: number;
}

/**
 * Looks after which a peer that has its piece is shown the next one, even if no other peer has got the piece: others
 * may not be able to connect to it.
 */
const MAX_LOOKS = 2;

/**
 * Decides which piece a first seed shows to each peer, so that each piece is uploaded only once: one at a time, and the
 * next when another peer has got the last one from it, or has not for a while. Depends on the pieces of the peers. A
 * peer that is alone, or whose piece all others have, is shown the next at once. A peer is shown a piece that it lacks,
 * one that has been shown least often. BEP 16.
 */
export class SuperSeed<V extends Viewer> {
  readonly #shown: Uint32Array;
  readonly #random: () => number;
  readonly #viewers = new Map<V, Shown>();

  constructor(pieceCount: number, random: () => number) {
    this.#shown = new Uint32Array(pieceCount);
    this.#random = random;
  }

  joined(viewer: V, show: (piece: number) => void): void {
    this.#viewers.set(viewer, { show, piece: undefined, looks: 0 });
    this.#next(viewer);
  }

  left(viewer: V): void {
    this.#viewers.delete(viewer);
    this.#look();
  }

  /** A peer has more pieces than before: this one, or several if it is undefined. */
  gained(piece?: number): void {
    this.#look(piece);
  }

  /** To be called regularly: has the peer kept its piece to itself for too long? */
  waited(viewer: V): void {
    const entry = this.#viewers.get(viewer);
    if (entry?.piece === undefined || !viewer.state.have.has(entry.piece)) return;
    if (entry.looks++ === MAX_LOOKS) this.#next(viewer);
  }

  #look(gained?: number): void {
    for (const [viewer, { piece }] of this.#viewers) {
      // Of the others nothing has changed: all tell of all their pieces.
      if (gained !== undefined && piece !== undefined && piece !== gained) continue;
      if (piece === undefined || this.#passedOn(viewer, piece)) this.#next(viewer);
    }
  }

  /** Has another peer got the piece from this one, or is there no other that could? */
  #passedOn(viewer: V, piece: number): boolean {
    let lacking = 0;
    for (const other of this.#viewers.keys()) {
      if (other === viewer) continue;
      if (!other.state.have.has(piece)) lacking++;
      else if (this.#viewers.get(other)?.piece !== piece) return true;
    }
    return lacking === 0 && viewer.state.have.has(piece);
  }

  #next(viewer: V): void {
    const entry = this.#viewers.get(viewer);
    if (entry === undefined) return;
    const piece = this.#least(viewer.state.have);
    entry.piece = piece;
    entry.looks = 0;
    if (piece === undefined) return;
    this.#shown[piece] = (this.#shown[piece] as number) + 1;
    entry.show(piece);
  }

  #least(have: Bitfield): number | undefined {
    if (have.full) return undefined;
    let best: number | undefined;
    const start = Math.floor(this.#random() * this.#shown.length);
    for (let n = 0; n < this.#shown.length; n++) {
      const piece = (start + n) % this.#shown.length;
      if (!have.has(piece) && (best === undefined || (this.#shown[piece] as number) < (this.#shown[best] as number)))
        best = piece;
    }
    return best;
  }
}
