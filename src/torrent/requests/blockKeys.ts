import type { Message } from '../../protocol/peer/messages.ts';
import { BLOCK, type Geometry } from '../geometry.ts';
import type { Wanted } from '../picker/openPiece.ts';

/** The block that has this key in the window: blocks are numbered through the whole torrent there. */
export const wantedOf = ({ blocksPerPiece }: Geometry, key: number): Wanted => ({
  piece: Math.floor(key / blocksPerPiece),
  block: key % blocksPerPiece,
});

/** The request for a block, as it goes to the peer. */
export const requestOf = (geometry: Geometry, wanted: Wanted): Message => rangeOf('request', geometry, wanted);

/** What takes that back. */
export const cancelOf = (geometry: Geometry, wanted: Wanted): Message => rangeOf('cancel', geometry, wanted);

const rangeOf = (type: 'request' | 'cancel', geometry: Geometry, { piece, block }: Wanted): Message => ({
  type,
  piece,
  begin: block * BLOCK,
  length: geometry.blockSize(piece, block),
});
