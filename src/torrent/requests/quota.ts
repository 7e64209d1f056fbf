import { BLOCK, type Geometry } from '../geometry.ts';
import type { Wanted } from '../picker/openPiece.ts';
import type { Limited } from './source.ts';

/**
 * What the user's rate limit lets one peer be asked for. Bytes are taken for whole blocks before the picker says which
 * ones are wanted; those that are not needed are given back. Depends on the limit, which other peers share.
 */
export class Quota {
  readonly allowance: Limited['allowance'];
  readonly #wake: () => void;
  readonly #geometry: Geometry;
  /** The limit holds back what the peer could be asked for. */
  #held = false;

  constructor({ allowance, wake }: Limited, geometry: Geometry) {
    this.allowance = allowance;
    this.#wake = wake;
    this.#geometry = geometry;
  }

  get held(): boolean {
    return this.#held;
  }

  /** For how many blocks, of as many as there is room for, there is leave. If for fewer, the peer is woken later. */
  take(room: number): number {
    let taken = 0;
    while (taken < room && this.allowance.take(BLOCK, this.#wake)) taken++;
    this.#held = taken < room;
    return taken;
  }

  /** Of `taken` blocks these are asked for: they may be fewer, or shorter. */
  giveRest(taken: number, wanted: readonly Wanted[]): void {
    const rest = taken * BLOCK - this.#sizeOf(wanted);
    if (rest > 0) this.allowance.give(rest);
    if (wanted.length === taken) return;
    this.#held = false;
    this.leave();
  }

  /** These blocks are no longer waited for. */
  giveBack(blocks: readonly Wanted[]): void {
    if (blocks.length > 0) this.allowance.give(this.#sizeOf(blocks));
  }

  /** The peer need not be woken. */
  leave(): void {
    this.allowance.leave(this.#wake);
  }

  #sizeOf(blocks: readonly Wanted[]): number {
    let size = 0;
    for (const { piece, block } of blocks) size += this.#geometry.blockSize(piece, block);
    return size;
  }
}
