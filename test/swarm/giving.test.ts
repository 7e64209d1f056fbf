import { createServer } from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import { concat, map, mergeMap, of, type Observable, Subject, take, takeUntil, tap, timer } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { nodeEnv } from '../../src/node.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { type Content, contentOf, newFolder } from './content.ts';
import { addresses, peers } from './fixture.ts';
import { eventually, run } from './run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Counts the pieces that are hashed. */
const counting = (env = nodeEnv()) => {
  const hashed: number[] = [];
  const counted: Env = {
    ...env,
    verify: (torrent) => {
      const verify = env.verify(torrent);
      return (piece) => {
        hashed.push(piece.index);
        return verify(piece);
      };
    },
  };
  return { env: counted, hashed };
};

/** Shares what is in `folder` until the test ends, at a port of its own. */
const shares = ({ torrent }: Content, folder: string, env: Env, options: Partial<DownloadOptions> = {}) => {
  const events: DownloadEvent[] = [];
  const stop$ = new Subject<void>();
  onTestFinished(() => stop$.next());
  client(env, { ports: [0], host: '127.0.0.1' })
    .download(torrent, { target: { folder }, trackers: [], seed: {}, ...options })
    .pipe(
      tap((event) => events.push(event)),
      takeUntil(stop$),
    )
    .subscribe();
  const port = () => events.find((event) => event.type === 'port-open')?.port ?? 0;
  const address = (): PeerAddress => ({ host: '127.0.0.1', port: port(), source: 'manual' });
  const ready = () => eventually(() => events.some(({ type }) => type === 'done'));
  return { events, address, ready, stop: () => stop$.next() };
};

const filled = ({ torrent, bytes }: Content): string => {
  const folder = newFolder();
  fs.writeFileSync(path.join(folder, torrent.name), bytes);
  return folder;
};

const all = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const ascending = (indices: readonly number[]): readonly number[] => [...indices].sort((a, b) => a - b);

describe('what is given', () => {
  const content = contentOf({ length: 4 * MiB, pieceLength: 256 * KiB });

  it('is hashed once, when it is rechecked, however often it is given', async () => {
    const { env, hashed } = counting();
    const seed = shares(content, filled(content), env, { recheck: true });
    expect(await seed.ready()).toBe(true);
    for (let time = 0; time < 2; time++)
      expect((await run(content, { peers: [seed.address()] })).sha256).toBe(content.sha256);
    expect(ascending(hashed)).toEqual(all(16));
  });

  it('is hashed once, when it is downloaded, and given after it', async () => {
    const { env, hashed } = counting();
    const source = await peers(content, [{}]);
    const seed = shares(content, newFolder(), env, { peers: addresses(source) });
    expect(await seed.ready()).toBe(true);
    expect((await run(content, { peers: [seed.address()] })).sha256).toBe(content.sha256);
    expect(ascending(hashed)).toEqual(all(16));
  });

  it('is hashed once before it is first given if a note alone says that it is there', async () => {
    const folder = filled(content);
    const state = newFolder();
    const before = shares(content, folder, nodeEnv({ state }), { recheck: true });
    expect(await before.ready()).toBe(true);
    expect(
      await eventually(() =>
        fs
          .readdirSync(state, { recursive: true })
          .some((name) => String(name).endsWith(toHex(content.torrent.infoHash))),
      ),
    ).toBe(true);
    before.stop();
    const { env, hashed } = counting(nodeEnv({ state }));
    const seed = shares(content, folder, env);
    expect(await seed.ready()).toBe(true);
    expect(hashed).toEqual([]);
    for (let time = 0; time < 2; time++)
      expect((await run(content, { peers: [seed.address()] })).sha256).toBe(content.sha256);
    expect(ascending(hashed)).toEqual(all(16));
  });
});

describe('who calls while what is there is checked', () => {
  it('waits, and is given it afterwards', async () => {
    const content = contentOf({ length: 2 * MiB, pieceLength: 256 * KiB });
    const env = nodeEnv();
    const checked$ = new Subject<void>();
    const slow: Env = {
      ...env,
      verify: (torrent) => {
        const verify = env.verify(torrent);
        return (piece) =>
          checked$.pipe(
            take(1),
            mergeMap(() => {
              const valid = verify(piece);
              return typeof valid === 'boolean' ? of(valid) : valid;
            }),
          );
      },
    };
    const seed = shares(content, filled(content), slow, { recheck: true });
    expect(await eventually(() => seed.address().port > 0)).toBe(true);
    const leecher = run(content, { peers: [seed.address()] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(seed.events.some(({ type }) => type === 'done' || type === 'peer-joined')).toBe(false);
    const going = setInterval(() => checked$.next(), 5);
    onTestFinished(() => clearInterval(going));
    const { sha256, events } = await leecher;
    expect(sha256).toBe(content.sha256);
    // It was not sent away, and did not have to come again.
    expect(events.filter(({ type }) => type === 'peer-joined').length).toBe(1);
    expect(events.filter((event) => event.type === 'peer-left' && event.reason !== 'closed')).toEqual([]);
  });
});

describe('an upload limit over real sockets', () => {
  const content = contentOf({ length: 4 * MiB, pieceLength: 256 * KiB });

  it('is kept, by two leechers together', async () => {
    const rate = 8 * MiB;
    const seed = shares(content, filled(content), nodeEnv(), { recheck: true, limits: { up: of(rate) } });
    expect(await seed.ready()).toBe(true);
    const began = performance.now();
    const both = await Promise.all([1, 2].map(() => run(content, { peers: [seed.address()] })));
    const took = (performance.now() - began) / 1000;
    expect(both.map(({ sha256 }) => sha256)).toEqual([content.sha256, content.sha256]);
    // What the bucket holds, and a block for each, may come at once.
    expect(2 * content.bytes.length).toBeLessThanOrEqual(rate * (took * 1.05 + 0.3) + 2 * 16 * KiB);
  });

  it('is lifted while it runs', async () => {
    const up: Observable<number> = concat(of(50 * KiB), timer(500).pipe(map(() => Infinity)));
    const seed = shares(content, filled(content), nodeEnv(), { recheck: true, limits: { up } });
    expect(await seed.ready()).toBe(true);
    // At the first rate it would take eighty seconds, more than the test has.
    expect((await run(content, { peers: [seed.address()] })).sha256).toBe(content.sha256);
  });
});

describe('a tracker', () => {
  it('hears once that it is complete, and what has been given', async () => {
    const content = contentOf({ length: 2 * MiB, pieceLength: 256 * KiB });
    const asked: URLSearchParams[] = [];
    const tracker = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://127.0.0.1').searchParams);
      response.end('d8:intervali1800e5:peers0:e');
    });
    await new Promise<void>((resolve) => tracker.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void tracker.close());
    const { port } = tracker.address() as { port: number };
    const source = await peers(content, [{}]);
    const seed = shares(content, newFolder(), nodeEnv(), {
      peers: addresses(source),
      trackers: [[`http://127.0.0.1:${port}/announce`]],
    });
    expect(await seed.ready()).toBe(true);
    for (let time = 0; time < 2; time++)
      expect((await run(content, { peers: [seed.address()] })).sha256).toBe(content.sha256);
    seed.stop();
    const events = (): readonly (string | null)[] => asked.map((query) => query.get('event'));
    expect(await eventually(() => events().includes('stopped'))).toBe(true);
    expect(events().filter((event) => event !== null)).toEqual(['started', 'completed', 'stopped']);
    const [completed, stopped] = [asked.find((query) => query.get('event') === 'completed'), asked.at(-1)];
    expect({ downloaded: completed?.get('downloaded'), left: completed?.get('left') }).toEqual({
      downloaded: String(2 * MiB),
      left: '0',
    });
    expect({ uploaded: stopped?.get('uploaded'), left: stopped?.get('left') }).toEqual({
      uploaded: String(4 * MiB),
      left: '0',
    });
  });
});
