import { createCipheriv } from 'node:crypto';
import { sha1 } from '../../protocol/encoding/id.ts';
import type { TorrentContent } from '../../torrent/metainfo/encodeTorrent.ts';

/** Bytes of a piece. */
const PIECE = 256 * 1024;
export const NAME = 'rxtorrent-demo';
/** Its .torrent. */
export const TORRENT = 'demo.torrent';

const LETTER = Buffer.from(`Hello!

These files came to you as every torrent does: a tracker named the peers, the peers
sent blocks of 16 KiB, each piece was compared with its hash and written to disk.
That the tracker and all peers were on your own machine is the only difference.
`);

/** A file of the demo. */
export interface DemoFile {
  readonly path: readonly string[];
  readonly length: number;
  /** Bytes before it. */
  readonly offset: number;
}

export interface DemoContent {
  readonly files: readonly DemoFile[];
  /** All files after one another. */
  readonly bytes: Buffer;
}

/**
 * The content of the demo, the same at every call and in every process: several files, one in a folder of its own, one
 * empty. `size` in bytes.
 */
export const demoContent = (size: number): DemoContent => {
  const rest = size - LETTER.length;
  const [film, songs] = [Math.floor(rest * 0.6), Math.floor(rest * 0.25)];
  const lengths: readonly (readonly [path: string, length: number])[] = [
    ['README.txt', LETTER.length],
    ['empty.txt', 0],
    ['film/film.bin', film],
    ['film/subtitles/english.bin', rest - film - songs],
    ['songs/first song.bin', songs],
  ];
  let offset = 0;
  const files = lengths.map(([path, length]) => {
    offset += length;
    return { path: path.split('/'), length, offset: offset - length };
  });
  // Noise with a fixed key: as hard to compress as a film, and nobody has to store it.
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, NAME), Buffer.alloc(16));
  const bytes = noise.update(Buffer.alloc(size));
  bytes.set(LETTER);
  return { files, bytes };
};

/** What a .torrent says of it. */
export const demoTorrent = ({ files, bytes }: DemoContent, announce: string): TorrentContent => {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) hashes.push(sha1(bytes.subarray(at, at + PIECE)));
  return {
    name: NAME,
    pieceLength: PIECE,
    pieceHashes: Buffer.concat(hashes),
    files: files.map(({ path, length }) => ({ path, length })),
    announce,
    createdBy: 'rxtorrent demo',
  };
};
