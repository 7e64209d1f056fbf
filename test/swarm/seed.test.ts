import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { nodeEnv } from '../../src/node.ts';
import { type Content, contentOf, newFolder } from './content.ts';
import { line } from './linked.ts';
import { eventually, run } from './run.ts';
import { peer } from './fixture.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const here: PeerAddress = { host: '127.0.0.1', port: 7001, source: 'manual' };
const there: PeerAddress = { host: '127.0.0.1', port: 7002, source: 'manual' };

/** A folder in which all of it is. */
const full = async (content: Content): Promise<string> => {
  const seed = await peer(content);
  return (await run(content, { peers: [seed.address] })).folder;
};

/** Goes on until it is stopped. */
const start = (content: Content, folder: string, options: Partial<DownloadOptions>) => {
  const events: DownloadEvent[] = [];
  let ended = false;
  const subscription = download(content.torrent, nodeEnv(), { target: { folder }, trackers: [], ...options }).subscribe(
    {
      next: (event) => events.push(event),
      complete: () => (ended = true),
    },
  );
  const of = <T extends DownloadEvent['type']>(type: T) =>
    events.filter((event): event is Extract<DownloadEvent, { type: T }> => event.type === type);
  return { events, of, ended: () => ended, stop: () => subscription.unsubscribe() };
};

describe('a seed of ours', () => {
  it('gives a whole torrent to a leecher of ours, says why it serves it, and stops when it gave enough', async () => {
    const content = contentOf({ length: 5 * MiB + 123, pieceLength: 256 * KiB });
    const [a, b] = line(here, there);
    const seed = start(content, await full(content), { peers: [{ ...there, wire$: a }], seed: { ratio: 1 } });
    const ran = await run(content, { peers: [{ ...here, wire$: b }] });
    expect(ran.sha256).toBe(content.sha256);
    expect(await eventually(seed.ended)).toBe(true);
    expect(seed.of('unchoke')[0]).toMatchObject({ reason: 'free-slot', address: { port: 7002 } });
    expect(seed.of('seeded')).toMatchObject([{ reason: 'ratio', uploaded: content.bytes.length, ratio: 1 }]);
    expect(seed.of('done').length).toBe(1);
    expect(seed.of('progress').at(-1)).toMatchObject({ phase: 'seeding', uploaded: content.bytes.length, ratio: 1 });
  });

  it('does not give what is damaged on disk, gives the rest, and says so', async () => {
    const content = contentOf({ length: 4 * MiB, pieceLength: 256 * KiB });
    const folder = await full(content);
    const path = join(folder, content.torrent.name);
    const bytes = readFileSync(path);
    const stop$ = new Subject<void>();
    const [a, b] = line(here, there);
    // It is damaged after it was checked, and before anybody asks.
    const seed = start(content, folder, { peers: [], seed: {}, recheck: false });
    expect(await eventually(() => seed.of('done').length > 0)).toBe(true);
    seed.stop();
    const later = start(content, folder, { peers: [{ ...there, wire$: a }], seed: {} });
    expect(await eventually(() => later.of('done').length > 0)).toBe(true);
    bytes[5 * 256 * KiB + 7] = (bytes[5 * 256 * KiB + 7] as number) ^ 1;
    writeFileSync(path, bytes);
    const leecher = start(content, newFolder(), { peers: [{ ...here, wire$: b }], stop$ });
    expect(await eventually(() => leecher.of('stored').length === 15)).toBe(true);
    expect(await eventually(() => later.of('warning').some(({ code }) => code === 'damaged'))).toBe(true);
    expect(leecher.of('corrupt')).toEqual([]);
    expect(leecher.of('stored').some(({ index }) => index === 5)).toBe(false);
    leecher.stop();
    later.stop();
  });
});
