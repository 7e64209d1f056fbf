import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Geometry } from '../../src/torrent/geometry.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';

export interface ContentFile {
  readonly path: readonly string[];
  readonly length: number;
  readonly padding?: boolean;
}

export interface ContentSpec {
  readonly name?: string;
  readonly pieceLength?: number;
  /** One file of so many bytes. */
  readonly length?: number;
  readonly files?: readonly ContentFile[];
  readonly announce?: string;
  /** Another one, other bytes. */
  readonly seed?: number;
}

/** A torrent with its bytes, all in memory. */
export interface Content {
  readonly torrent: Torrent;
  /** The .torrent. */
  readonly metainfo: Uint8Array;
  readonly bytes: Uint8Array;
  readonly geometry: Geometry;
  /** Hexadecimal, of all bytes but padding. */
  readonly sha256: string;
}

/** Repeatable bytes that look random. */
const noise = (length: number, seed: number): Buffer =>
  createHash('shake256', { outputLength: length }).update(`seed ${seed}`).digest();

export const contentOf = ({
  name = 'content',
  pieceLength = 32_768,
  length,
  files,
  announce,
  seed = 1,
}: ContentSpec): Content => {
  const all = files ?? [{ path: [name], length: length ?? 0 }];
  const bytes = noise(
    all.reduce((sum, file) => sum + file.length, 0),
    seed,
  );
  let at = 0;
  for (const file of all) {
    if (file.padding) bytes.fill(0, at, at + file.length);
    at += file.length;
  }
  const hashes: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += pieceLength)
    hashes.push(
      createHash('sha1')
        .update(bytes.subarray(from, from + pieceLength))
        .digest(),
    );
  const metainfo = encodeTorrent({
    name,
    pieceLength,
    pieceHashes: Buffer.concat(hashes),
    ...(files
      ? {
          files: files.map((file) => ({
            path: file.path,
            length: file.length,
            ...(file.padding && { attributes: 'p' }),
          })),
        }
      : { length: bytes.length }),
    ...(announce !== undefined && { announce }),
  });
  const torrent = parseTorrent(metainfo);
  return {
    torrent,
    metainfo,
    bytes,
    geometry: new Geometry(torrent),
    sha256: digest(torrent.files.filter((file) => !file.padding).map((file) => part(bytes, file))),
  };
};

const part = (
  bytes: Uint8Array,
  { offset, length }: { readonly offset: number; readonly length: number },
): Uint8Array => bytes.subarray(offset, offset + length);

const digest = (parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const each of parts) hash.update(each);
  return hash.digest('hex');
};

/** The SHA-256 of what is on disk in `folder`, in the order of the torrent's files. */
export const sha256OnDisk = ({ torrent }: Content, folder: string): string =>
  digest(
    torrent.files
      .filter((file) => !file.padding)
      .map((file) =>
        torrent.layout === 'file' ? path.join(folder, torrent.name) : path.join(folder, torrent.name, ...file.path),
      )
      // A file comes to be with its first piece.
      .map((file) => (fs.existsSync(file) ? fs.readFileSync(file) : new Uint8Array())),
  );

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

/** An empty folder for one test. */
export const newFolder = (): string => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-swarm-'));
  folders.push(folder);
  return folder;
};
