import type { Bitfield } from '../bitfield.ts';

/** To whom a piece is shown. */
export interface Viewer {
  readonly state: { readonly have: Bitfield };
}

interface Shown {
  readonly show: (piece: number) => void;
  piece: number | undefined;
  /** Looks at it since it has that piece. */
  looks: number;
}

/**
 * Looks after which a peer that has its piece is shown the next, though nobody has got it from it: others may not be
 * able to call it.
 */
const MAX_LOOKS = 2;

/**
 * Which piece each peer is shown by a first seed that wants to give each piece only once: one at a time, the next when
 * another peer has got the last one from them, or has not for a while. Depends on what the peers have. Whoever is
 * alone, or whose piece all others have, is shown the next at once. A peer is shown nothing that it has, and of the
 * pieces it lacks one that has been shown least often. BEP 16.
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

  /** Somebody has more than before: this piece, if it is no more than one. */
  gained(piece?: number): void {
    this.#look(piece);
  }

  /** Every now and then: has it kept its piece for itself for too long? */
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

  /** Has another got it from them, or is there nobody who could? */
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
