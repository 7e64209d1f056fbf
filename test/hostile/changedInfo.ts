import { type Encodable, encode } from '../../src/protocol/encoding/bencode.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';

/** An info dictionary that is as it should be. */
export const good = { length: 20_000, name: 'a.txt', 'piece length': 16_384, pieces: new Uint8Array(40) };

/** A torrent whose info dictionary, or what is around it, is changed. */
export const torrent = (
  change: Record<string, Encodable | undefined>,
  around: Record<string, Encodable> = {},
): Torrent => parseTorrent(encode({ ...around, info: { ...good, ...change } }));
