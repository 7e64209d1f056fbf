import { Malformed } from '../protocol/encoding/malformed.ts';
import { type MagnetLink, parseMagnet as readMagnet } from '../torrent/metainfo/magnet.ts';
import { parseTorrent as readTorrent, type Torrent, Unsupported } from '../torrent/metainfo/metainfo.ts';
import { type InputCode, InputError } from './errors.ts';

/**
 * What is in a .torrent.
 *
 * @example
 * const { name, length, files } = parseTorrent(readFileSync('debian.torrent'));
 *
 * @throws InputError `bad-bencode`, `bad-metainfo`, or `unsupported` for a version that is not known yet (BEP 52)
 * @see BEP 3, BEP 12, BEP 19, BEP 27, BEP 52
 */
export const parseTorrent = (bytes: Uint8Array): Torrent =>
  given(
    () => readTorrent(bytes),
    ({ what }) => (what.startsWith('bencode') ? 'bad-bencode' : 'bad-metainfo'),
  );

/**
 * What a magnet link says. Trackers, peers and web seeds that can't be used are left out and listed in `ignored`.
 *
 * @example
 * const { infoHash, announce } = parseMagnet('magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a');
 *
 * @throws InputError `bad-magnet`
 * @see BEP 9, BEP 52, BEP 53
 */
export const parseMagnet = (link: string): MagnetLink =>
  given(
    () => readMagnet(link),
    () => 'bad-magnet',
  );

/** The caller gave the bytes that are parsed, so an error in them is an `InputError`. */
const given = <T>(read: () => T, codeOf: (error: Malformed) => InputCode): T => {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    throw new InputError(cause instanceof Unsupported ? 'unsupported' : codeOf(cause), cause.message, { cause });
  }
};
