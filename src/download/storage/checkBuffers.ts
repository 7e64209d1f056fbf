import type { PieceBuffers } from '../../torrent/pieces/pieceDrafts.ts';

/** Bytes that are kept for the next check. */
export const MAX_KEPT = 8 * 2 ** 20;

/** Free memory, the last that was used at the end, whichever torrents it was used for. */
const kept: Uint8Array[] = [];

const isShared = ({ buffer }: Uint8Array): boolean => buffer instanceof SharedArrayBuffer;

/**
 * Buffers for pieces that are checked before they are uploaded: now one, now another, while a peer requests them. Fresh
 * memory for each would cost more than the hashing does, so what one torrent has used is kept for the next, whichever
 * that is: at most MAX_KEPT bytes, the oldest of which go first; a buffer larger than that is used once. `made` makes
 * what is not there.
 */
export class CheckBuffers implements Pick<PieceBuffers, 'take' | 'give'> {
  readonly #made: Pick<PieceBuffers, 'size' | 'shared' | 'take'>;

  constructor(made: Pick<PieceBuffers, 'size' | 'shared' | 'take'>) {
    this.#made = made;
  }

  take(): Uint8Array {
    const { size, shared } = this.#made;
    const at = kept.findLastIndex((buffer) => buffer.length >= size && isShared(buffer) === shared);
    return (at < 0 ? undefined : kept.splice(at, 1)[0]) ?? this.#made.take();
  }

  give(buffer: Uint8Array): void {
    if (buffer.length > MAX_KEPT) return;
    kept.push(buffer);
    let sum = kept.reduce((bytes, { length }) => bytes + length, 0);
    while (sum > MAX_KEPT) sum -= kept.shift()?.length ?? sum;
  }
}
