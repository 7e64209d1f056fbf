import type { Observable } from 'rxjs';
import { extensionHandshake } from '../../operators/extensionHandshake.ts';
import { fetchMetadata, type FetchMetadataOptions } from '../../operators/fetchMetadata.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { sha1 } from '../../src/protocol/encoding/id.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { encodeMetadata, METADATA_PIECE } from '../../src/protocol/peer/utMetadata.ts';
import { MetadataDraft } from '../../src/torrent/metadata/metadataDraft.ts';

/** Six pieces of metadata. */
export const info = Uint8Array.from({ length: 6 * METADATA_PIECE - 500 }, (_, at) => (at * 7 + (at >> 9)) & 0xff);

/** Two pieces. */
export const short = info.slice(0, METADATA_PIECE + 9);

export const extended = (id: number, payload: Uint8Array): Message => ({ type: 'extended', id, payload });

/** Messages to the peer have the id 3; messages to us 1. */
export const claims = (metadataSize: number): Message =>
  extended(0, encodeExtensionHandshake({ ids: new Map([['ut_metadata', 3]]), metadataSize }));

/** One piece of it. */
export const part = (of_: Uint8Array, piece: number): Uint8Array =>
  of_.slice(piece * METADATA_PIECE, (piece + 1) * METADATA_PIECE);

/** The peer sends a piece. */
export const data = (of_: Uint8Array, piece: number, bytes = part(of_, piece)): Message =>
  extended(1, encodeMetadata({ type: 'data', piece, size: of_.length, bytes }));

/** and one that is wrong. */
export const junk = (of_: Uint8Array, piece: number): Message => data(of_, piece, part(of_, piece).fill(0xee));

/** We ask for a piece. */
export const ask = (piece: number): Message => extended(3, encodeMetadata({ type: 'request', piece }));

/** What we say first, to a peer at `host`. */
export const hello = (host = '10.0.0.1'): Message =>
  extended(
    0,
    encodeExtensionHandshake({
      ids: new Map([['ut_metadata', 1]]),
      version: 'rxtorrent 0.1.0',
      reqq: 500,
      yourIp: host,
    }),
  );

/** Six pieces: `0` to `5` right, `v` to `z` for 0 to 4 wrong. */
export const they = {
  E: claims(info.length),
  ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((piece) => [String(piece), data(info, piece)])),
  ...Object.fromEntries([...'vwxyz'].map((letter, piece) => [letter, junk(info, piece)])),
};

/** What we say: `0` to `5` asks for that piece, `h`, `i` and `k` greet the first three peers. */
export const we = {
  h: hello(),
  i: hello('10.0.0.2'),
  k: hello('10.0.0.3'),
  ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((piece) => [String(piece), ask(piece)])),
};

export const failed = (code: string): unknown => ({ name: 'PeerError', code });

/** The conversation with one peer after the other. */
export const talking = (draft: MetadataDraft, options?: FetchMetadataOptions) => (peer$: Observable<Peer>) =>
  peer$.pipe(extensionHandshake({ names: ['ut_metadata'] }), fetchMetadata(draft, options));

/** Metadata of which only the hash is known. */
export const wanted = (bytes = info): MetadataDraft => new MetadataDraft(sha1(bytes));

/** As `they`, of two pieces: `F` claims one byte too much. */
export const tiny = {
  E: claims(short.length),
  F: claims(short.length + 1),
  '0': data(short, 0),
  '1': data(short, 1),
  x: junk(short, 0),
  y: junk(short, 1),
};
