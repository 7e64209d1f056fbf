import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { pieceHasher, verifier } from '../../../src/disk/hashing/verifier.ts';
import type { Verify } from '../../../src/contracts/storage.ts';
import { bytesOf, torrentOf } from '../torrents.ts';

const PIECE = 65_536;
const data = bytesOf(10 * PIECE);
const torrent = torrentOf({ pieceLength: PIECE, files: [{ path: ['a'], length: data.length }], data });
const built = fileURLToPath(new URL('../../../dist/src/disk/hashing/verifier.js', import.meta.url));

const piece = (index: number, spoiled = false): Uint8Array => {
  const bytes = data.slice(index * PIECE, (index + 1) * PIECE);
  if (spoiled) bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  return bytes;
};
const shared = (bytes: Uint8Array): Uint8Array => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length + 64), 64);
  copy.set(bytes);
  return copy;
};
const pieceHasherOf = (bytes: Uint8Array): Uint8Array => {
  const hasher = pieceHasher(() => false)(torrent);
  hasher?.update(bytes);
  return hasher?.digest() ?? new Uint8Array();
};
const atOnce = (answer: ReturnType<Verify>): boolean | undefined => {
  if (typeof answer === 'boolean') return answer;
  let now: boolean | undefined;
  answer.subscribe((valid) => (now = valid)).unsubscribe();
  return now;
};

const inTime = (answer: ReturnType<Verify>): Promise<boolean> =>
  lastValueFrom(typeof answer === 'boolean' ? of(answer) : answer);

describe('verifier, on the calling thread', () => {
  it('tells good pieces from bad ones and from others, whatever their memory', () => {
    const verify = verifier(torrent, { workers: 0 });
    for (const as of [(bytes: Uint8Array) => bytes, shared]) {
      expect(atOnce(verify({ index: 3, bytes: as(piece(3)) }))).toBe(true);
      expect(atOnce(verify({ index: 3, bytes: as(piece(3, true)) }))).toBe(false);
      expect(atOnce(verify({ index: 4, bytes: as(piece(3)) }))).toBe(false);
      expect(atOnce(verify({ index: 3, bytes: as(piece(3).subarray(1)) }))).toBe(false);
      expect(atOnce(verify({ index: 10, bytes: as(piece(3)) }))).toBe(false);
    }
  });

  it('believes a digest that was computed while the piece came', () => {
    const verify = verifier(torrent, { workers: 0 });
    const digest = (bytes: Uint8Array) => pieceHasherOf(bytes);
    expect(atOnce(verify({ index: 3, bytes: new Uint8Array(), digest: digest(piece(3)) }))).toBe(true);
    expect(atOnce(verify({ index: 3, bytes: piece(3), digest: digest(piece(3, true)) }))).toBe(false);
    expect(atOnce(verify({ index: 4, bytes: piece(3), digest: digest(piece(3)) }))).toBe(false);
  });
});

describe('what digests pieces as they come', () => {
  it('does so as long as there is time for it, or nobody else', () => {
    let busy = false;
    const hasher = pieceHasher(() => busy);
    expect(hasher(torrent)).toBeDefined();
    busy = true;
    expect(hasher(torrent) === undefined).toBe(os.availableParallelism() > 2);
    busy = false;
    expect(hasher(torrent)).toBeDefined();
  });
});

describe('verifier, with threads, as built', () => {
  it('is built: run `npm run build` first', () => {
    expect(fs.existsSync(built)).toBe(true);
  });

  it('hashes shared bytes elsewhere, others here', async () => {
    const { verifier: fromBuild } = (await import(pathToFileURL(built).href)) as { verifier: typeof verifier };
    const verify = fromBuild(torrent, { workers: 2 });
    for (let round = 0; round < 2; round++) {
      expect(atOnce(verify({ index: 0, bytes: shared(piece(0)) }))).toBeUndefined();
      // A pool that is broken would have nobody who works.
      expect(process.getActiveResourcesInfo()).toContain('MessagePort');
      const answers = Array.from({ length: 10 }, (_, index) =>
        inTime(verify({ index, bytes: shared(piece(index, index % 3 === 0)) })),
      );
      expect(await Promise.all(answers)).toEqual(Array.from({ length: 10 }, (_, index) => index % 3 !== 0));
    }
    expect(atOnce(verify({ index: 0, bytes: piece(0) }))).toBe(true);
  });

  it('has no more threads for many torrents than for one', () => {
    const script = `
      const { readdirSync } = await import('node:fs');
      const { verifier } = await import(${JSON.stringify(pathToFileURL(built).href)});
      const bytes = new Uint8Array(new SharedArrayBuffer(1 << 20));
      const before = readdirSync('/proc/self/task').length;
      let most = 0;
      for (let n = 0; n < 30; n++) {
        const verify = verifier({ pieceHashes: new Uint8Array(20) }, { workers: 1 });
        verify({ index: 0, bytes }).subscribe(() => {
          most = Math.max(most, readdirSync('/proc/self/task').length);
          if (n === 29) console.log(most - before);
        });
      }`;
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([ran.status, ran.stderr, ran.stdout]).toEqual([0, '', '1\n']);
  });

  it('lets the process end by itself, but not before it has answered', () => {
    const script = `
      const { verifier } = await import(${JSON.stringify(pathToFileURL(built).href)});
      const bytes = new Uint8Array(new SharedArrayBuffer(1 << 24));
      const verify = verifier({ pieceHashes: new Uint8Array(20) }, { workers: 2 });
      for (let n = 0; n < 3; n++) verify({ index: 0, bytes }).subscribe((valid) => console.log(valid));
      console.log('asked');`;
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([ran.status, ran.stderr, ran.stdout]).toEqual([0, '', 'asked\nfalse\nfalse\nfalse\n']);
  });
});
