import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filter, firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
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
const BIG = [{ path: ['big'], bytes: noise(2 ** 22, 'big') }];
const big = parseTorrent(bytesV2(BIG, 2 ** 19));
/** The last byte of what is written is wrong, where blocks are. */
const spoilt = (wire: Wire): Wire => ({
  ...wire,
  address: wire.address,
  write: (bytes) => {
    if (bytes.length > 16_384) bytes[bytes.length - 1] = 1 ^ (bytes[bytes.length - 1] as number);
    return wire.write(bytes);
  },
});

const place = (folder: string, path: readonly string[]): string => join(folder, 'content', ...path);
const laid = (files = FILES): string => {
  const folder = newFolder();
  for (const { path, bytes } of files) {
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

  it('is right in the end beside a peer that lies: its blocks alone come again, and it alone is banned', async () => {
    const liar: PeerAddress = { host: '127.0.0.1', port: 7003, source: 'manual' };
    const lying: PeerAddress = { ...here, port: 7004 };
    const [[a, b], [c, d]] = [line(here, there), line(lying, liar)];
    const seeds = [
      { peers: [{ ...there, wire$: a }], env: nodeEnv() },
      { peers: [{ ...liar, wire$: c.pipe(map(spoilt)) }], env: nodeEnv() },
    ].map(({ peers, env }) =>
      download(big, env, { ...{ target: { folder: laid(BIG) }, trackers: [], peers, seed: {} } }).subscribe(),
    );
    const target = { folder: newFolder() };
    const peers = [
      { ...here, wire$: b },
      { ...lying, wire$: d },
    ];
    const events = await lastValueFrom(download(big, nodeEnv(), { target, trackers: [], peers }).pipe(toArray()));
    for (const seed of seeds) seed.unsubscribe();
    expect(readFileSync(place(target.folder, ['big'])).equals(BIG[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
    const corrupt = events.filter((event) => event.type === 'corrupt');
    expect(corrupt.length).toBeGreaterThan(0);
    const shared = corrupt.filter(({ from }) => from.length > 1);
    expect(shared.length).toBeGreaterThan(0);
    for (const { wrong } of shared) expect(wrong?.length).toBeGreaterThan(0);
    const left = events.filter((event) => event.type === 'peer-left' && event.reason === 'corrupt');
    expect(left.map((event) => event.type === 'peer-left' && event.address.port)).toEqual([7004]);
  });
});
