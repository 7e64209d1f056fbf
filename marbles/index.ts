export { DrawingError } from './expectation.ts';
export type { DrawnPeer, PeerOptions } from './peer.ts';
export { drawn, Stage, type DrawingOptions } from './stage.ts';
export { blockBytes, pieceBytes, torrentOf, type Size } from './torrent.ts';
export type { DrawnWire, WireOptions } from './wire.ts';
export { LETTERS, blockAt, wordsFor } from './words.ts';
