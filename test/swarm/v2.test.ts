import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filter, firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { download } from '../../src/download/download.ts';
import { recheck } from '../../src/download/storage/recheck.ts';
import { nodeEnv } from '../../src/node.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { bytesV2 } from '../torrent/metainfo/madeV2.ts';
import { newFolder } from './content.ts';
import { line } from './linked.ts';

const here: PeerAddress = { host: '127.0.0.1', port: 7001, source: 'manual' };
const there: PeerAddress = { host: '127.0.0.1', port: 7002, source: 'manual' };
const noise = (length: number, name: string): Buffer =>
  createHash('shake256', { outputLength: length }).update(name).digest();
const FILES = Object.entries({ a: 200_000, empty: 0, 'sub/b': 5, 'sub/c': 65_536, z: 100_001 }).map(
  ([path, length]) => ({ path: path.split('/'), bytes: noise(length, path) }),
);
const torrent = parseTorrent(bytesV2(FILES, 32_768));

const place = (folder: string, path: readonly string[]): string => join(folder, 'content', ...path);
const laid = (): string => {
  const folder = newFolder();
  for (const { path, bytes } of FILES) {
    mkdirSync(dirname(place(folder, path)), { recursive: true });
    writeFileSync(place(folder, path), bytes);
  }
  return folder;
};

describe('a torrent of version 2 only', () => {
  it('goes from a seed of ours to a leecher of ours, is resumed, and is checked', async () => {
    const [a, b] = line(here, there);
    const seeding = download(torrent, nodeEnv(), {
      ...{ target: { folder: laid() }, trackers: [], peers: [{ ...there, wire$: a }], seed: {} },
    }).subscribe();
    const target = { folder: newFolder() };
    const events = await lastValueFrom(
      download(torrent, nodeEnv(), { target, trackers: [], peers: [{ ...here, wire$: b }] }).pipe(toArray()),
    );
    seeding.unsubscribe();
    const total = FILES.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(events.findLast(({ type }) => type === 'progress')).toMatchObject({ stored: total, length: total });
    for (const { path, bytes } of FILES) expect(readFileSync(place(target.folder, path)).equals(bytes)).toBe(true);
    const restored = await firstValueFrom(
      download(torrent, nodeEnv(), { target, trackers: [] }).pipe(filter(({ type }) => type === 'restored')),
    );
    expect(restored).toMatchObject({ pieces: 14, length: total });
    writeFileSync(place(target.folder, ['z']), FILES[4]?.bytes.fill(1, 99_999, 100_000) ?? '');
    const checked = await lastValueFrom(recheck(torrent, nodeEnv(), target));
    expect(checked).toMatchObject({ complete: false, valid: 13, pieceCount: 14 });
  });

  it('of which one file is chosen has no bytes of others', async () => {
    const [a, b] = line(here, there);
    const seeding = download(torrent, nodeEnv(), {
      ...{ target: { folder: laid() }, trackers: [], peers: [{ ...there, wire$: a }], seed: {} },
    }).subscribe();
    const target = { folder: newFolder() };
    const events = await lastValueFrom(
      download(torrent, nodeEnv(), { target, trackers: [], peers: [{ ...here, wire$: b }], select: [[3, 3]] }).pipe(
        toArray(),
      ),
    );
    seeding.unsubscribe();
    expect(events.filter(({ type }) => type === 'stored').length).toBe(2);
    expect(readFileSync(place(target.folder, ['sub', 'c'])).equals(FILES[3]?.bytes ?? Buffer.alloc(0))).toBe(true);
  });
});
