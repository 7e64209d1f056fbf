import { METADATA_PIECE } from '../../../src/protocol/peer/utMetadata.ts';

/** Bytes that stand for an info dictionary of this size; no two of its pieces are alike. */
export const truth = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
/** One piece of it. */
export const part = (bytes: Uint8Array, piece: number): Uint8Array =>
  bytes.slice(piece * METADATA_PIECE, (piece + 1) * METADATA_PIECE);

/** Compared as a whole: element by element would take a second. */
export const same = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.compare(a, b) === 0;

/** A peer that notes what it is asked for, and answers nothing. */
export class Doll {
  readonly asked: number[] = [];
  got: Uint8Array | undefined;
  ask(piece: number): void {
    this.asked.push(piece);
  }
  whole(metadata: Uint8Array): void {
    this.got = metadata;
  }
}
