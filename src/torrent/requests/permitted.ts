import { Bitfield } from '../bitfield.ts';
import type { Source } from './source.ts';

/**
 * What one peer may be asked for while it chokes us (BEP 6). Depends on what it has, what of it it allows, and what of
 * that it has rejected after all.
 */
export class Permitted {
  readonly #state: Source['state'];
  readonly #denied = new Set<number>();
  #pieces: Bitfield | undefined;

  constructor(state: Source['state']) {
    this.#state = state;
  }

  /** It has rejected a block of this piece while it choked us. */
  deny(piece: number): void {
    this.#denied.add(piece);
  }

  /** Undefined if there are none. */
  get pieces(): Bitfield | undefined {
    const { allowedFast, have } = this.#state;
    if (allowedFast === undefined || allowedFast.size === 0) return undefined;
    this.#pieces ??= new Bitfield(have.length);
    for (const piece of allowedFast) {
      if (have.has(piece) && !this.#denied.has(piece)) this.#pieces.set(piece);
      else this.#pieces.clear(piece);
    }
    return this.#pieces.count > 0 ? this.#pieces : undefined;
  }
}
