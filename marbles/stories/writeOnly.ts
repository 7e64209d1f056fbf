import { writePieces, type WritePiecesOptions } from '../../operators/writePieces.ts';
import type { Storage } from '../../src/contracts/storage.ts';
import type { Geometry } from '../../src/torrent/geometry.ts';

/** `writePieces` of pieces that no picker has asked for. */
export const writeOnly = (
  storage: Pick<Storage, 'write' | 'writev' | 'ordered'>,
  geometry: Geometry,
  options?: WritePiecesOptions,
) => writePieces(storage, { geometry, settle: () => {} }, options);
