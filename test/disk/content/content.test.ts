import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lastValueFrom, map, mergeMap, tap, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openContent } from '../../../src/disk/content/content.ts';
import type { Content, ContentOptions } from '../../../src/contracts/storage.ts';
import { InputError, StorageError } from '../../../src/contracts/errors.ts';
import { padded } from '../../../src/torrent/metainfo/padding.ts';
import { bytesOf } from '../torrents.ts';

const PIECE = 32_768;

/** A folder of files by their paths, gone after the test. */
const tree = (files: Readonly<Record<string, Uint8Array | string>>): string => {
  const root = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-content-')), 'tree');
  onTestFinished(() => fs.rmSync(path.dirname(root), { recursive: true, force: true }));
  fs.mkdirSync(root);
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), content);
  }
  return root;
};

const open = (root: string, options?: ContentOptions, small?: number): Promise<Content> =>
  lastValueFrom(openContent(root, options, small));
const names = ({ files }: Content): string[] => files.map((file) => file.path.join('/'));
const failure = async (root: string, options?: ContentOptions): Promise<unknown> =>
  open(root, options).catch((error: unknown) => error);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** What the pieces of these bytes hash to. */
const promised = (bytes: Uint8Array, piece = PIECE): string[] =>
  Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
    createHash('sha1')
      .update(bytes.subarray(index * piece, (index + 1) * piece))
      .digest('hex'),
  );
const hashed = async (content: Content, files = content.files, piece = PIECE): Promise<string[]> => {
  const digests = await lastValueFrom(content.digests(files, piece).pipe(toArray()));
  return digests.sort((a, b) => a.index - b.index).map(({ digest }) => hex(digest));
};

describe('what is found', () => {
  it('is sorted by whole paths, byte for byte, hidden and empty files among the others', async () => {
    const content = await open(tree({ 'a/x': '1', 'a-b/y': '22', 'a.b': '', '.hidden': '4', ü: '5', z: '6', B: '7' }));
    expect(content).toMatchObject({ name: 'tree', layout: 'folder', skipped: [] });
    expect(names(content)).toEqual(['.hidden', 'B', 'a-b/y', 'a.b', 'a/x', 'z', 'ü']);
    expect(content.files.map(({ length }) => length)).toEqual([1, 1, 2, 0, 1, 1, 1]);
  });

  it('is one file where one is named, even by a link', async () => {
    const root = tree({ 'one.bin': 'content', 'in/other': 'x' });
    fs.symlinkSync(path.join(root, 'one.bin'), path.join(root, 'in', 'link'));
    expect(await open(path.join(root, 'one.bin'))).toMatchObject({
      name: 'one.bin',
      layout: 'file',
      files: [{ path: ['one.bin'], length: 7 }],
    });
    expect(await open(path.join(root, 'in', 'link'))).toMatchObject({
      name: 'link',
      layout: 'file',
      files: [{ path: ['link'], length: 7 }],
    });
  });

  it('has no notes and locks of ours, and not the .torrent that is to be written', async () => {
    const root = tree({
      a: '1',
      '.a.rxtorrent.lock': 'x',
      '.a.0123abcd.rxtorrent': 'x',
      '.a.0123abcd.rxtorrent.tmp': 'x',
      'b.torrent': 'x',
      'c.torrent': 'x',
    });
    const content = await open(root, { except: path.join(root, 'b.torrent') });
    expect(names(content)).toEqual(['a', 'c.torrent']);
    expect(content.skipped).toHaveLength(4);
  });

  it('refuses, skips or follows symbolic links', async () => {
    const root = tree({ 'a/file': 'content', b: 'x' });
    fs.symlinkSync('../b', path.join(root, 'a', 'link'));
    expect(await failure(root)).toMatchObject({
      name: 'InputError',
      message: expect.stringContaining('a/link is a symbolic link') as string,
    });
    const skipping = await open(root, { links: 'skip' });
    expect(names(skipping)).toEqual(['a/file', 'b']);
    expect(skipping.skipped).toEqual([expect.stringContaining('a/link is a symbolic link: left out')]);
    expect(names(await open(root, { links: 'follow' }))).toEqual(['a/file', 'a/link', 'b']);
  });

  it('ends at links that lead nowhere or round in circles', async () => {
    const circle = tree({ b: 'x' });
    fs.symlinkSync('.', path.join(circle, 'self'));
    expect(await failure(circle, { links: 'follow' })).toMatchObject({
      message: expect.stringMatching(/100 folders|symbolic link/) as string,
    });
    const nowhere = tree({ b: 'x' });
    fs.symlinkSync('gone', path.join(nowhere, 'link'));
    expect(await failure(nowhere, { links: 'follow' })).toMatchObject({ name: 'StorageError', code: 'missing' });
  });

  it('is an error where there is nothing, a pipe, or a name that is no text', async () => {
    const root = tree({ b: 'x' });
    expect(await failure(path.join(root, 'none'))).toBeInstanceOf(InputError);
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
    expect(await failure(root)).toMatchObject({
      message: expect.stringContaining('pipe is a device') as string,
    });
    expect(await failure(path.join(root, 'pipe'))).toMatchObject({
      message: expect.stringContaining('neither a file nor a folder') as string,
    });
    const strange = tree({ b: 'x' });
    fs.writeFileSync(Buffer.concat([Buffer.from(`${strange}/`), Buffer.from([0x66, 0xff, 0xfe])]), 'x');
    expect(await failure(strange)).toMatchObject({ message: expect.stringContaining('not UTF-8') as string });
  });
});

describe('digests', () => {
  it('go across files as if they were one', async () => {
    const parts = { a: bytesOf(3 * PIECE + 17), b: new Uint8Array(), 'c/d': bytesOf(5), e: bytesOf(PIECE) };
    const content = await open(tree(parts));
    expect(await hashed(content)).toEqual(promised(Buffer.concat(Object.values(parts))));
  });

  it('are the same when threads make them', async () => {
    const data = bytesOf(9 * 2 ** 20 + 1);
    const content = await open(tree({ a: data.subarray(0, 5_000_001), b: data.subarray(5_000_001) }), {}, 0);
    expect(await hashed(content, content.files, 2 ** 20)).toEqual(promised(data, 2 ** 20));
  });

  it('take padding for zeros', async () => {
    const [a, b] = [bytesOf(PIECE + 5), bytesOf(9)];
    const content = await open(tree({ a, b }));
    const all = Buffer.concat([a, new Uint8Array(PIECE - 5), b]);
    expect(await hashed(content, padded(content.files, PIECE))).toEqual(promised(all));
  });

  it.each([
    ['here', Infinity],
    ['in threads', 0],
  ])('are those of many pieces, of files that end within them, read %s', async (_, small) => {
    const files = { a: bytesOf(41 * PIECE + 3), b: 'x', c: bytesOf(90 * PIECE + 11).fill(0x63, PIECE, 2 * PIECE) };
    const content = await open(tree(files), {}, small);
    expect(await hashed(content)).toEqual(promised(Buffer.concat(Object.values(files).map((one) => Buffer.from(one)))));
  });

  it.each([
    ['here', Infinity],
    ['in threads', 0],
  ])('fail when a file has changed since, before or while it is read %s', async (_, small) => {
    const size = 20 * PIECE;
    for (const change of [
      (file: string) => fs.appendFileSync(file, 'x'),
      (file: string) => fs.truncateSync(file, 10),
      (file: string) => fs.rmSync(file),
    ]) {
      const root = tree({ a: bytesOf(size), b: 'x' });
      const content = await open(root, {}, small);
      change(path.join(root, 'a'));
      await expect(hashed(content)).rejects.toThrow(/a has changed while it was read|a: it is not there/);
    }
    const root = tree({ a: bytesOf(size) });
    const early = (await open(root, {}, small)).digests([{ path: ['a'], length: size }], PIECE).pipe(
      tap(({ index }) => index === 0 && fs.appendFileSync(path.join(root, 'a'), 'x')),
      toArray(),
    );
    const error: unknown = await lastValueFrom(early).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({
      code: 'io',
      message: expect.stringContaining('has changed while it was read') as string,
    });
  });

  it('notice at the end what was written to after it was read', async () => {
    const root = tree({ a: bytesOf(PIECE), b: bytesOf(PIECE) });
    const reading = openContent(root).pipe(
      mergeMap((content) => content.digests(content.files, PIECE)),
      map(({ index }) => (index === 1 ? fs.utimesSync(path.join(root, 'a'), 1, 1) : undefined)),
    );
    await expect(lastValueFrom(reading)).rejects.toThrow('a has changed while it was read');
  });

  it('stop when nobody listens any more', async () => {
    const content = await open(tree({ a: bytesOf(20 * PIECE) }));
    const seen = await new Promise<number>((resolve) => {
      let count = 0;
      const subscription = content.digests(content.files, PIECE).subscribe(() => {
        if (++count < 3) return;
        subscription.unsubscribe();
        setTimeout(() => resolve(count), 50);
      });
    });
    expect(seen).toBe(3);
  });
});
