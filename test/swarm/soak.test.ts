import fs from 'node:fs';
import path from 'node:path';
import {
  filter,
  firstValueFrom,
  ignoreElements,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  from,
  share,
  Subject,
  takeUntil,
  tap,
} from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { memoryHeld } from '../machine.ts';
import { contentOf, newFolder, sha256OnDisk } from './content.ts';
import { eventually, threadless } from './run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const TORRENTS = 30;
const ROUNDS = 6;

const descriptors = (): number => fs.readdirSync('/proc/self/fd').length;

describe('many small torrents', () => {
  it('seeded and downloaded again and again take no more memory and no more descriptors', async () => {
    const contents = Array.from({ length: TORRENTS }, (_, seed) =>
      contentOf({ name: `content ${seed}`, length: 100 * KiB + seed, seed }),
    );
    const folder = newFolder();
    for (const { torrent, bytes } of contents) fs.writeFileSync(path.join(folder, torrent.name), bytes);
    const stop$ = new Subject<void>();
    onTestFinished(() => stop$.next());
    const giver = client(threadless(), { ports: [0], host: '127.0.0.1' });
    let ready = 0;
    const given$ = merge(
      ...contents.map(({ torrent }) =>
        giver.download(torrent, { target: { folder }, trackers: [], recheck: true, seed: {} }),
      ),
    ).pipe(
      tap(({ type }) => (ready += type === 'done' ? 1 : 0)),
      takeUntil(stop$),
      share(),
    );
    const seeding = given$.pipe(ignoreElements()).subscribe();
    onTestFinished(() => seeding.unsubscribe());
    const { port } = await firstValueFrom(
      given$.pipe(
        filter((event) => event.type === 'port-open'),
        map(({ port: open }) => ({ port: open })),
      ),
    );
    expect(await eventually(() => ready === TORRENTS, 20_000)).toBe(true);
    const there: PeerAddress = { host: '127.0.0.1', port, source: 'manual' };
    const after: { readonly fds: number; readonly memory: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const into = newFolder();
      const taker = client(threadless(), { ports: [0], host: '127.0.0.1' });
      const one = (content: (typeof contents)[0]) =>
        taker.download(content.torrent, { target: { folder: into }, trackers: [], peers: [there] });
      await lastValueFrom(from(contents).pipe(mergeMap(one)));
      for (const content of contents) expect(sha256OnDisk(content, into)).toBe(content.sha256);
      await eventually(() => descriptors() <= (after[1]?.fds ?? Infinity), 2000);
      after.push({ fds: descriptors(), memory: memoryHeld() });
    }
    const [, first] = after;
    expect(after.at(-1)?.fds).toBeLessThanOrEqual(first?.fds ?? 0);
    // What has just been read may be held for a moment longer.
    expect(await eventually(() => memoryHeld() - Math.min(...after.map(({ memory }) => memory)) < 6 * MiB)).toBe(true);
  });
});
