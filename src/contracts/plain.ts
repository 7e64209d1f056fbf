import { toHex } from '../protocol/encoding/id.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { Bitfield } from '../torrent/bitfield.ts';
import { type Geometry, pieceCountOf, totalOf } from '../torrent/geometry.ts';
import type { Created, MetadataKnown, PlainAddress, Restored } from './events.ts';
import type { PeerAddress } from './network.ts';

/** Returns the address alone: that of an incoming peer also holds its connection. */
export const plainAddress = (address: PeerAddress): PlainAddress =>
  address.wire$ === undefined ? address : { host: address.host, port: address.port, source: address.source };

const knownOf = (torrent: Torrent) => ({
  name: torrent.name,
  infoHash: toHex(torrent.infoHash),
  ...(torrent.infoHashV2 && { infoHashV2: toHex(torrent.infoHashV2) }),
  length: totalOf(torrent),
  pieceLength: torrent.pieceLength,
  pieceCount: pieceCountOf(torrent),
  files: torrent.files.filter(({ padding }) => !padding).length,
});

/** Adds `hidden` to `plain` as properties that can be read but are not enumerable. */
const holding = <Plain extends object, Hidden extends object>(plain: Plain, hidden: Hidden): Plain & Hidden => {
  for (const [name, value] of Object.entries(hidden)) Object.defineProperty(plain, name, { value });
  return plain as Plain & Hidden;
};

/** What a magnet link stands for, as an event. */
export const metadataKnown = (torrent: Torrent): MetadataKnown =>
  holding({ type: 'metadata', ...knownOf(torrent) } as const, { torrent });

/** A torrent that has been made, as an event. */
export const createdOf = (torrent: Torrent, bytes: Uint8Array): Created =>
  holding({ type: 'created', ...knownOf(torrent) } as const, { torrent, bytes });

/** The pieces that earlier runs have stored, as an event. */
export const restoredOf = (stored: Bitfield, geometry: Geometry): Restored => ({
  type: 'restored',
  pieces: stored.count,
  length: geometry.bytesOf(stored),
  bitfield: toHex(stored.bytes),
});
