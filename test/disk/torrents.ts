import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TorrentFile } from '../../src/torrent/metainfo/fileList.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';

export interface FileSpec {
  readonly path: readonly string[];
  readonly length: number;
  readonly padding?: boolean;
}

export interface Spec {
  readonly name?: string;
  readonly pieceLength?: number;
  readonly layout?: Torrent['layout'];
  readonly files?: readonly FileSpec[];
  /** Its bytes, for hashes that hold. */
  readonly data?: Uint8Array;
  readonly seed?: number;
}

/** A torrent made in memory; its info-hash follows from `seed`. */
export const torrentOf = ({
  name = 'name',
  pieceLength = 32,
  layout = 'folder',
  files = [{ path: ['a'], length: 100 }],
  data,
  seed = 1,
}: Spec = {}): Torrent => {
  let offset = 0;
  const placed: TorrentFile[] = files.map((file) => {
    const entry = {
      path: file.path,
      length: file.length,
      offset,
      padding: file.padding ?? false,
      attributes: file.padding ? 'p' : '',
    };
    offset += file.length;
    return entry;
  });
  const hashes: Buffer[] = [];
  for (let at = 0; at < offset; at += pieceLength) {
    const piece = data ? data.subarray(at, Math.min(at + pieceLength, offset)) : new Uint8Array(0);
    hashes.push(createHash('sha1').update(piece).digest());
  }
  return {
    infoHash: new Uint8Array(createHash('sha1').update(`${seed}`).digest()),
    name,
    pieceLength,
    length: offset,
    pieceHashes: new Uint8Array(Buffer.concat(hashes)),
    files: placed,
    layout,
    private: false,
    announce: [],
    webSeeds: [],
    httpSeeds: [],
    nodes: [],
    info: new Uint8Array(0),
  };
};

/** Repeatable bytes, never long runs of zero. */
export const bytesOf = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = (state >>> 24) | 1;
  }
  return bytes;
};

const folders: string[] = [];
process.on('exit', () => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** A new folder for one test, deleted when the process ends. */
export const tempFolder = (): string => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-'));
  folders.push(folder);
  return folder;
};
