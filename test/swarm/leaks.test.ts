import fs from 'node:fs';
import { of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { contentOf, newFolder, sha256OnDisk } from './content.ts';
import { addresses, peer, peers, tracker } from './fixture.ts';
import type { Conduct } from './realPeer.ts';
import { count, eventually, run, threadless } from './run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

type Holdings = ReadonlyMap<string, number>;

/** Sockets, timers, disk requests and open files of this process, each kind counted. */
const holdings = (): Holdings => {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts.set('fd', fs.readdirSync('/proc/self/fd').length);
};

/** What there is more of than before. */
const excess = (before: Holdings): string =>
  [...holdings()]
    .flatMap(([kind, count]) => (count > (before.get(kind) ?? 0) ? `${kind} ${before.get(kind) ?? 0} → ${count}` : []))
    .join(', ');

/** The same, after a while in which it may go away. */
const left = async (before: Holdings, within?: number): Promise<string> => {
  await eventually(() => excess(before) === '', within);
  return excess(before);
};

/** Repeatable numbers from 0 to 1. */
const dice = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const content = contentOf({
  name: 'left',
  pieceLength: 64 * KiB,
  files: [
    { path: ['a'], length: 3 * MiB },
    { path: ['b'], length: 5 },
    { path: ['c'], length: 3 * MiB - 77 },
  ],
});
const conducts: readonly Conduct[] = [
  { bytesPerSecond: 2 * MiB },
  { bytesPerSecond: 2 * MiB, fast: false },
  { unchokeAfter: Infinity },
  { onRequest: () => true },
  { onConnect: () => true },
  { onRequest: (request, talk) => (talk.giveWrong(request), true) },
];

describe('unsubscribing', () => {
  it('at 40 random moments leaves nothing, and what is stored is never asked for again', async () => {
    const all = await peers(content, conducts);
    const tiny = await tracker(all);
    const random = dice(7);
    const options: DownloadOptions = {
      target: { folder: newFolder() },
      peers: addresses(all.slice(0, 2)),
      trackers: [[tiny.url]],
    };
    const before = holdings();
    const stored = new Set<number>();
    for (let n = 0; n < 40; n++) {
      for (const each of all) each.forget();
      const asked = new Set<number>();
      await new Promise<void>((resolve, reject) => {
        const began = [...stored];
        const leave = (): void => {
          subscription.unsubscribe();
          for (const each of all)
            for (const block of each.given.keys()) asked.add(Math.floor(block / content.geometry.blocksPerPiece));
          if (began.some((piece) => asked.has(piece))) reject(new Error(`run ${n} fetched again what was stored`));
          else resolve();
        };
        const subscription = download(content.torrent, threadless(), options).subscribe({
          next: (event) => {
            if (event.type === 'stored') stored.add(event.index);
          },
          error: reject,
          complete: leave,
        });
        // Often before anything has happened, at times in the same turn.
        const wait = random() ** 3 * 250;
        if (n % 10 === 0) leave();
        else setTimeout(leave, wait);
      });
      expect(await left(before), `after run ${n}`).toBe('');
    }
    expect(all.flatMap(({ talks }) => talks).filter(({ closed }) => !closed).length).toBe(0);
    const last = await run(content, options);
    expect(last.sha256).toBe(content.sha256);
    // What was just being written when we left may be found to be whole.
    expect(count(last, 'stored')).toBeLessThanOrEqual(content.geometry.pieceCount - stored.size);
    expect(await left(before)).toBe('');
  });

  it('tells a tracker that hangs, and gives it up within 5 s', async () => {
    const seed = await peer(content, { bytesPerSecond: MiB });
    const tiny = await tracker([seed]);
    tiny.hangsOn = ['stopped'];
    const before = holdings();
    await new Promise<void>((resolve, reject) => {
      const subscription = download(content.torrent, threadless(), {
        target: { folder: newFolder() },
        trackers: [[tiny.url]],
      }).subscribe({
        next: (event) => {
          if (event.type !== 'stored') return;
          subscription.unsubscribe();
          resolve();
        },
        error: reject,
      });
    });
    expect(await eventually(() => seed.connected === 0, 1000)).toBe(true);
    expect(await eventually(() => tiny.events.at(-1) === 'stopped', 1000)).toBe(true);
    expect(await left(before, 6000)).toBe('');
  });

  it('the same cold download twice, one after the other: the second goes on where the first was left', async () => {
    const seed = await peer(content, { bytesPerSecond: 4 * MiB });
    const folder = newFolder();
    const cold = download(content.torrent, threadless(), { target: { folder }, peers: [seed.address], trackers: [] });
    expect(seed.talks.length).toBe(0);
    const stored: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = cold.subscribe({
        next: (event) => {
          if (event.type !== 'stored') return;
          stored.push(event.index);
          if (stored.length < 40) return;
          subscription.unsubscribe();
          resolve();
        },
        error: reject,
      });
    });
    seed.forget();
    let rechecked = 0;
    await new Promise<void>((resolve, reject) => {
      cold.subscribe({
        next: ({ type }) => void (type === 'rechecked' && rechecked++),
        error: reject,
        complete: resolve,
      });
    });
    expect(sha256OnDisk(content, folder)).toBe(content.sha256);
    const again = seed.wholePieces();
    expect(stored.filter((piece) => again.includes(piece))).toEqual([]);
    expect(again.length).toBeLessThanOrEqual(content.geometry.pieceCount - 40);
    // Left in order, so nothing but what was being written is doubtful.
    expect(rechecked).toBeLessThanOrEqual(20);
  });

  it('in the middle of a check forgets nothing', async () => {
    const seed = await peer(content);
    const options: DownloadOptions = { target: { folder: newFolder() }, peers: [seed.address], trackers: [] };
    expect((await run(content, options)).done).toBe(true);
    seed.forget();
    await new Promise<void>((resolve, reject) => {
      const subscription = download(content.torrent, threadless(), { ...options, recheck: true }).subscribe({
        next: ({ type }) => {
          if (type !== 'rechecked') return;
          subscription.unsubscribe();
          resolve();
        },
        error: reject,
      });
    });
    const after = await run(content, options);
    expect(after.done).toBe(true);
    expect(count(after, 'rechecked')).toBe(0);
    expect(seed.asked.size).toBe(0);
  });
});

describe('stop$', () => {
  it('ends it without a loss: what has come is stored, and the next run asks for the rest', async () => {
    const seed = await peer(content, { bytesPerSecond: 4 * MiB });
    const stop$ = timer(700);
    const options: DownloadOptions = { target: { folder: newFolder() }, peers: [seed.address], trackers: [] };
    const before = holdings();
    const first = await run(content, { ...options, stop$ });
    expect(first.done).toBe(false);
    const stored = first.events.flatMap((event) => (event.type === 'stored' ? event.index : []));
    expect(stored.length).toBeGreaterThan(5);
    expect(await left(before)).toBe('');
    seed.forget();
    const second = await run(content, options);
    expect(second.sha256).toBe(content.sha256);
    expect(stored.filter((piece) => seed.wholePieces().includes(piece))).toEqual([]);
  });

  it('in the middle of a check ends it, and forgets nothing', async () => {
    const seed = await peer(content);
    const options: DownloadOptions = { target: { folder: newFolder() }, peers: [seed.address], trackers: [] };
    await run(content, options);
    seed.forget();
    const stopped = await run(content, { ...options, recheck: true, stop$: of('now') });
    expect(stopped.done).toBe(false);
    expect((await run(content, options)).done).toBe(true);
    expect(seed.asked.size).toBe(0);
  });
});
