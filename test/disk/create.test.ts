import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { concat, from, lastValueFrom, type Observable, of, throwError, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { create, type CreateOptions } from '../../src/create.ts';
import type { CreateEnv } from '../../src/contracts/env.ts';
import type { Created, CreateEvent } from '../../src/contracts/events.ts';
import type { Content } from '../../src/contracts/storage.ts';
import { InputError, StorageError } from '../../src/contracts/errors.ts';
import { nodeEnv } from '../../src/node.ts';
import { recheck } from '../../src/download/storage/recheck.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import type { FileEntry } from '../../src/torrent/metainfo/padding.ts';
import { isPieceLength, pieceLengthFor } from '../../src/torrent/metainfo/pieceLength.ts';
import { bytesV2 } from '../torrent/metainfo/madeV2.ts';
import { blockHashes, merkleRoot } from '../../src/torrent/metainfo/merkle.ts';
import { bytesOf } from './torrents.ts';

const PIECE = 16_384;

/** Content that is nowhere: every piece is hashed as its number. */
const imagined = (files: readonly FileEntry[], content: Partial<Content> = {}): CreateEnv => ({
  openContent: () =>
    of({
      name: 'name',
      layout: 'folder',
      files,
      skipped: [],
      digests: (all, pieceLength) => {
        const length = all.reduce((sum, file) => sum + file.length, 0);
        const count = Math.ceil(length / pieceLength);
        // The last comes first: their order is not promised.
        return from(Array.from({ length: count }, (_, n) => ({ index: count - 1 - n, digest: hashOf(count - 1 - n) })));
      },
      ...content,
    }),
});
const hashOf = (index: number): Uint8Array => new Uint8Array(createHash('sha1').update(String(index)).digest());

const events = (made: Observable<CreateEvent>): Promise<CreateEvent[]> => lastValueFrom(made.pipe(toArray()));
const createdOf = async (made: Observable<CreateEvent>): Promise<Created> => {
  const last = (await events(made)).at(-1);
  if (last?.type !== 'created') throw new Error('no torrent was made');
  return last;
};
const failure = (made: Observable<CreateEvent>): Promise<unknown> => events(made).catch((error: unknown) => error);

describe('create', () => {
  it('tells what is left out, each piece, and the torrent last', async () => {
    const env = imagined([{ path: ['a'], length: 2 * PIECE + 1 }], { skipped: ['b is a symbolic link: left out'] });
    const seen = await events(create('name', env, { pieceLength: PIECE }));
    expect(seen.map(({ type }) => type)).toEqual(['warning', 'hashed', 'hashed', 'hashed', 'created']);
    expect(seen[1]).toEqual({
      type: 'hashed',
      index: 2,
      hashed: 1,
      total: 3,
      length: 2 * PIECE + 1,
      pieceLength: PIECE,
    });
    const [created] = seen.slice(-1) as [Created];
    expect(created.torrent.pieceHashes).toEqual(new Uint8Array(Buffer.concat([0, 1, 2].map(hashOf))));
  });

  it('makes no torrent when hashing fails', async () => {
    const broken = new StorageError('io', 'changed');
    const digests = () =>
      concat(
        of({ index: 0, digest: hashOf(0) }),
        throwError(() => broken),
      );
    expect(await failure(create('name', imagined([{ path: ['a'], length: 5 }], { digests })))).toBe(broken);
  });

  it.each<readonly [string, readonly FileEntry[], CreateOptions]>([
    ['there is nothing to share', [{ path: ['a'], length: 0 }], {}],
    ['there is nothing to share', [], {}],
    ['power of two', [{ path: ['a'], length: 5 }], { pieceLength: 100_000 }],
    ['power of two', [{ path: ['a'], length: 5 }], { pieceLength: 8192 }],
    ['without folders', [{ path: ['a'], length: 5 }], { name: 'a/b' }],
    ['without folders', [{ path: ['a'], length: 5 }], { name: '' }],
    ['larger piece', [{ path: ['a'], length: 2 ** 40 }], { pieceLength: PIECE }],
    ['larger piece', [{ path: ['a'], length: 2 ** 34 }], { pieceLength: PIECE }],
  ])('refuses what makes no torrent: %s', async (message, files, options) => {
    const error = await failure(
      create('name', imagined(files, { digests: () => throwError(() => new Error('too late')) }), options),
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});

describe('whatever it is made of', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((text) => !/[/\\\0]/.test(text) && text !== '.' && text !== '..');
  const file = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 4 }), length: fc.nat({ max: 100_000 }) });
  const host = fc.domain().map((domain) => `http://${domain}/announce`);
  const options = fc.record(
    {
      name,
      pieceLength: fc.integer({ min: 14, max: 18 }).map((power) => 2 ** power),
      trackers: fc.uniqueArray(host, { maxLength: 4 }).map((urls) => urls.map((url) => [url])),
      webSeeds: fc.uniqueArray(host, { maxLength: 3 }),
      private: fc.boolean(),
      comment: fc.string(),
      source: fc.string(),
      creationDate: fc.nat(),
      padding: fc.boolean(),
    },
    { requiredKeys: [] },
  );

  it('is read again as it was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 20 }), options, async (files, given) => {
        fc.pre(files.some(({ length }) => length > 0));
        const { bytes } = await createdOf(create('name', imagined(files), given));
        const torrent = parseTorrent(bytes);
        expect(torrent).toMatchObject({
          name: given.name ?? 'name',
          private: given.private ?? false,
          announce: given.trackers ?? [],
          webSeeds: given.webSeeds ?? [],
        });
        for (const key of ['comment', 'source', 'creationDate', 'pieceLength'] as const)
          if (given[key] !== undefined) expect(torrent[key]).toBe(given[key]);
        expect(
          torrent.files.filter(({ padding }) => !padding).map(({ path: names, length }) => ({ path: names, length })),
        ).toEqual(files);
        if (!given.padding) expect(torrent.files).toHaveLength(files.length);
        else
          for (const { length, offset, padding } of torrent.files)
            if (length > 0 && !padding) expect(offset % torrent.pieceLength).toBe(0);
        expect((await createdOf(create('name', imagined(files), given))).bytes).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  });

  it('has pieces of a length that others take, not too many', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2 ** 48, noNaN: true }), (length) => {
        const pieceLength = pieceLengthFor(length);
        expect(isPieceLength(pieceLength)).toBe(true);
        if (length <= 2_000 * 2 ** 24) expect(length / pieceLength).toBeLessThanOrEqual(2_000);
        if (pieceLength > 32_768 && pieceLength <= 2 ** 24) expect(length / pieceLength).toBeGreaterThan(1_000);
        if (length < 2 ** 46) expect(length / pieceLength).toBeLessThanOrEqual(400_000);
      }),
    );
  });
});

describe('of what is on disk', () => {
  const folder = (): string => {
    const made = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-create-'));
    onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }));
    return made;
  };

  it.each([{ padding: false }, { padding: true }])(
    'is what is there, by its own recheck: $padding',
    async ({ padding }) => {
      const place = folder();
      const root = path.join(place, 'things');
      fs.mkdirSync(path.join(root, 'in'), { recursive: true });
      fs.writeFileSync(path.join(root, 'in', 'large'), bytesOf(300_001));
      fs.writeFileSync(path.join(root, 'empty'), '');
      fs.writeFileSync(path.join(root, 'ü small'), bytesOf(1_000));
      const { torrent } = await createdOf(create(root, nodeEnv(), { padding, pieceLength: PIECE }));
      const events = await lastValueFrom(recheck(torrent, nodeEnv(), { folder: place }).pipe(toArray()));
      const checked = events.filter((event) => event.type === 'rechecked');
      expect(checked).toHaveLength(torrent.pieceHashes.length / 20);
      expect(checked.every(({ valid }) => valid)).toBe(true);
      expect(events.at(-1)).toMatchObject({ type: 'checked', complete: true });
    },
  );
});

describe('create, in version 2 and in both', () => {
  const files = Object.entries({ 'a-b/y': 1, 'a.b': 70_000, 'a/0': 0, 'a/x': 100_000, z: 2 * PIECE });
  const laid = (): string => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-create-v2-'));
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    for (const [name, length] of files) {
      const place = path.join(folder, 'content', name);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.writeFileSync(place, createHash('shake256', { outputLength: length }).update(name).digest());
    }
    return folder;
  };

  it.each(['v2', 'hybrid'] as const)(
    'gives each file its root and its layer, and begins it with a piece: %s',
    async (version) => {
      const folder = laid();
      const { torrent } = await createdOf(
        create(path.join(folder, 'content'), nodeEnv(), { version, pieceLength: 2 * PIECE }),
      );
      const bytesAt = (names: readonly string[]) => fs.readFileSync(path.join(folder, 'content', ...names));
      const own = torrent.files.filter(({ padding }) => !padding);
      expect(own.map((file) => file.path.join('/'))).toEqual(['a/0', 'a/x', 'a-b/y', 'a.b', 'z']);
      for (const { path: names, length, offset, root } of own) {
        expect(root).toEqual(length > 0 ? merkleRoot(blockHashes(bytesAt(names))) : undefined);
        if (length > 0) expect(offset % (2 * PIECE)).toBe(0);
      }
      const sorted = own.map(({ path: names }) => ({ path: names, bytes: bytesAt(names) }));
      const other = parseTorrent(bytesV2(sorted, 2 * PIECE));
      if (version === 'v2') expect(torrent.infoHashV2).toEqual(other.infoHashV2);
      else expect(torrent.pieceHashes.length).toBe(other.pieceHashes.length * (20 / 32));
      const checked = await lastValueFrom(recheck(torrent, nodeEnv(), { folder }));
      expect(checked).toMatchObject({ complete: true });
    },
  );

  it('puts a single file into its tree by the name of the torrent', async () => {
    const file = path.join(laid(), 'content', 'a.b');
    const { torrent } = await createdOf(create(file, nodeEnv(), { version: 'v2', name: 'other' }));
    expect([torrent.name, torrent.layout, torrent.files[0]?.path]).toEqual(['other', 'file', ['other']]);
  });
});
