import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { otherHash, toHex } from '../../src/protocol/encoding/id.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { type Content, TRACKER, type World } from './world.ts';

export type Version = 'v2' | 'hybrid';

/** Makes a .torrent of what is at `path` with libtorrent's own creator. */
export const madeByLibtorrent = (
  path: string,
  version: Version,
  pieceLength: number,
  out: string,
  tracker = '',
): void =>
  void execFileSync('/usr/bin/python3', [
    resolve('test/interop/libtorrentCreate.py'),
    ...[path, String(pieceLength), version, tracker, out],
  ]);

/** Content of such sizes, whose .torrent is made by libtorrent; its info-hash is the one that trackers take. */
export const contentOf = (
  world: World,
  version: Version,
  sizes: readonly number[],
  pieceLength = 65_536,
  name = 'content',
): Content => {
  const content = world.content(name, sizes);
  const folder = world.lay(content, 'made');
  madeByLibtorrent(`${folder}/${name}`, version, pieceLength, content.torrent, TRACKER);
  const torrent = parseTorrent(new Uint8Array(readFileSync(content.torrent)));
  const other = otherHash(torrent);
  return { ...content, infoHash: toHex(torrent.infoHash), ...(other && { other: toHex(other) }) };
};
