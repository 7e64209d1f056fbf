import fs from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { filter, firstValueFrom, lastValueFrom, map, of, share, Subject, takeUntil, tap } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { client, type ClientOptions } from '../../src/client/client.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { nodeEnv } from '../../src/node.ts';
import { type Content, contentOf, newFolder, sha256OnDisk } from './content.ts';
import { eventually } from './run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** A client at a free port of this machine only. */
const ours = (options: ClientOptions = {}) => client(nodeEnv(), { ports: [0], host: '127.0.0.1', ...options });

interface Running {
  readonly events: DownloadEvent[];
  readonly folder: string;
  /** Where it listens. */
  readonly address: Promise<PeerAddress>;
  readonly ended: Promise<unknown>;
  stop(): void;
}

/** Runs until it ends, or the test does. */
const begin = (
  it: ReturnType<typeof client>,
  { torrent }: Content,
  options: Partial<DownloadOptions> = {},
): Running => {
  const folder = options.target?.folder ?? newFolder();
  const events: DownloadEvent[] = [];
  const stop$ = new Subject<void>();
  const event$ = it.download(torrent, { target: { folder }, trackers: [], ...options }).pipe(
    tap((event) => events.push(event)),
    takeUntil(stop$),
    share(),
  );
  const address = firstValueFrom(
    event$.pipe(
      filter((event) => event.type === 'port-open'),
      map(({ port }): PeerAddress => ({ host: '127.0.0.1', port, source: 'manual' })),
    ),
  );
  const ended = lastValueFrom(event$, { defaultValue: undefined });
  address.catch(() => {});
  onTestFinished(() => stop$.next());
  return { events, folder, address, ended, stop: () => stop$.next() };
};

/** A folder with all of the content in it. */
const filled = ({ torrent, bytes }: Content): DownloadOptions => {
  const folder = newFolder();
  fs.writeFileSync(path.join(folder, torrent.name), bytes);
  return { target: { folder }, recheck: true, trackers: [], seed: {} };
};

/** Nobody is there. */
const NOBODY: PeerAddress = { host: '127.0.0.1', port: 1, source: 'manual' };

/** Seeds, when they are ready. */
const seeds = async (it: ReturnType<typeof client>, contents: readonly Content[]): Promise<readonly Running[]> => {
  const all = contents.map((content) => begin(it, content, filled(content)));
  await eventually(() => all.every(({ events }) => events.some(({ type }) => type === 'done')));
  return all;
};

describe('a client', () => {
  it('seeds two torrents at one port, to a client that downloads both', async () => {
    const contents = [
      contentOf({ name: 'one', length: 2 * MiB, seed: 1 }),
      contentOf({ name: 'two', length: MiB + 7, seed: 2 }),
    ];
    const given = await seeds(ours(), contents);
    const [one, two] = await Promise.all(given.map(({ address }) => address));
    expect(one?.port).toBe(two?.port);
    const taker = ours();
    const taken = contents.map((content) => begin(taker, content, { peers: [one as PeerAddress] }));
    await Promise.all(taken.map(({ ended }) => ended));
    taken.forEach(({ folder }, index) =>
      expect(sha256OnDisk(contents[index] as Content, folder)).toBe(contents[index]?.sha256),
    );
    const joined = given[0]?.events.find((event) => event.type === 'peer-joined');
    expect(joined).toMatchObject({ address: { source: 'incoming', host: '127.0.0.1' } });
  });

  it('takes from those who call as from those it has called', async () => {
    const content = contentOf({ length: 2 * MiB });
    const taker = begin(ours(), content, { peers: [NOBODY] });
    await eventually(() => taker.events.some(({ type }) => type === 'peer-left'));
    const caller = begin(ours({ ports: [] }), content, { ...filled(content), peers: [await taker.address] });
    await taker.ended;
    expect(sha256OnDisk(content, taker.folder)).toBe(content.sha256);
    expect(caller.events.some(({ type }) => type === 'peer-joined')).toBe(true);
  });

  it('takes encrypted calls for any of its torrents, and tells by which road each peer is connected', async () => {
    const contents = [1, 2, 3].map((seed) => contentOf({ length: MiB, seed, name: `content ${seed}` }));
    const given = await seeds(ours(), contents);
    const seed = await (given[0] as Running).address;
    for (const [encryption, road] of [['require', 'tcp+rc4'] as const, ['prefer', 'tcp'] as const]) {
      const taker = client(nodeEnv({ encryption }), { ports: [] });
      const taken = contents.map((content) => begin(taker, content, { peers: [seed] }));
      await Promise.all(taken.map(({ ended }) => ended));
      for (const [index, { folder, events }] of taken.entries()) {
        expect(sha256OnDisk(contents[index] as Content, folder)).toBe(contents[index]?.sha256);
        expect(events.find(({ type }) => type === 'peer-joined')).toMatchObject({ road });
      }
    }
    const roads = given.flatMap(({ events }) => events.map((event) => event.type === 'peer-joined' && event.road));
    expect(roads.filter(Boolean).sort()).toEqual(['tcp', 'tcp', 'tcp', 'tcp+rc4', 'tcp+rc4', 'tcp+rc4']);
  });

  it('keeps one of two connections with the same peer', async () => {
    const content = contentOf({ length: 8 * MiB });
    const [seed] = await seeds(ours({ limits: { up: of(4 * MiB) } }), [content]);
    const there = await (seed as Running).address;
    const taker = begin(ours(), content, { peers: [there, { ...there, host: 'localhost' }] });
    await taker.ended;
    expect(taker.events.filter(({ type }) => type === 'peer-joined')).toHaveLength(1);
    expect(taker.events.find((event) => event.type === 'peer-left')).toMatchObject({ reason: 'duplicate' });
  });

  it('does not talk to itself', async () => {
    const content = contentOf({ length: 64 * KiB });
    const it = ours();
    const running = begin(it, content, { peers: [NOBODY] });
    const self = await running.address;
    const other = begin(it, contentOf({ length: 64 * KiB, seed: 2 }), { peers: [NOBODY, self] });
    const both = (): readonly DownloadEvent[] => [...running.events, ...other.events];
    expect(await eventually(() => other.events.filter(({ type }) => type === 'peer-left').length >= 2)).toBe(true);
    expect(both().some(({ type }) => type === 'peer-joined')).toBe(false);
  });

  it('opens nothing before the first download, and closes all with the last', async () => {
    const open = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
    expect(await eventually(() => open() === 0)).toBe(true);
    const contents = [1, 2].map((seed) => contentOf({ length: MiB, seed, name: `content ${seed}` }));
    const it = ours();
    const [one, two] = await seeds(it, contents);
    expect(open()).toBe(1);
    one?.stop();
    expect(open()).toBe(1);
    const again = begin(it, contents[0] as Content, filled(contents[0] as Content));
    expect((await again.address).port).toBe((await two?.address)?.port);
    again.stop();
    two?.stop();
    expect(await eventually(() => open() === 0)).toBe(true);
    const [third] = await seeds(it, contents.slice(0, 1));
    expect((await (third as Running).address).port).toBeGreaterThan(0);
  });

  it('downloads without a port if there is none to be had, and says so', async () => {
    const content = contentOf({ length: 256 * KiB });
    const [seed] = await seeds(ours(), [content]);
    const there = await (seed as Running).address;
    const taker = begin(ours({ ports: [there.port] }), content, { peers: [there] });
    await taker.ended;
    expect(taker.events[0]).toMatchObject({ type: 'warning', code: 'port-taken' });
    expect(sha256OnDisk(content, taker.folder)).toBe(content.sha256);
  });

  it.each([
    ['the port where it listens', undefined],
    ['port 0 when nobody can call it', []],
  ])('tells trackers %s', async (_, ports) => {
    const content = contentOf({ length: 256 * KiB });
    const [seed] = await seeds(ours(), [content]);
    const told: string[] = [];
    const server = createServer(({ url = '' }, response) => {
      told.push(new URL(url, 'http://tracker').searchParams.get('port') ?? '');
      response.end('d8:intervali1800e5:peers0:e');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as { readonly port: number }).port}/announce`;
    const taker = begin(ours(ports && { ports }), content, {
      trackers: [[url]],
      peers: [await (seed as Running).address],
    });
    const port = ports === undefined ? (await taker.address).port : 0;
    await taker.ended;
    expect(new Set(told)).toEqual(new Set([String(port)]));
  });
});
