import { firstValueFrom, isObservable, lastValueFrom, of } from 'rxjs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BothHasher, bothDigests } from '../../../src/disk/hashing/bothDigests.ts';
import { pieceHasher, verifier } from '../../../src/disk/hashing/verifier.ts';
import type { Verify } from '../../../src/contracts/storage.ts';
import { recheck } from '../../../src/download/storage/recheck.ts';
import { nodeEnv } from '../../../src/node.ts';
import { encode } from '../../../src/protocol/encoding/bencode.ts';
import { sha1 } from '../../../src/protocol/encoding/id.ts';
import { parseTorrent } from '../../../src/torrent/metainfo/metainfo.ts';
import { newFolder } from '../../swarm/content.ts';
import { madeV2 } from '../../torrent/metainfo/madeV2.ts';

const PIECE = 32_768;
const noise = (length: number, seed: number): Uint8Array =>
  new Uint8Array(length).map((_, at) => (at * 7 + seed) ^ (at >> 8));
const [a, b] = [noise(40_000, 1), noise(50_000, 2)];
/** The bytes of version 1: files, and padding between them. */
const stream = (first: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(2 * PIECE + b.length);
  bytes.set(first);
  bytes.set(b, 2 * PIECE);
  return bytes;
};

/** A hybrid whose versions are of the same files; of version 1 the first file has the bytes `first`. */
const hybrid = (first = a) => {
  const { info, 'piece layers': layers } = madeV2(
    [
      { path: ['a'], bytes: a },
      { path: ['b'], bytes: b },
    ],
    PIECE,
  );
  const bytes = stream(first);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(sha1(bytes.subarray(at, at + PIECE)));
  const files = [
    { length: a.length, path: ['a'] },
    { attr: 'p', length: 2 * PIECE - a.length, path: ['.pad', String(2 * PIECE - a.length)] },
    { length: b.length, path: ['b'] },
  ];
  const both = { ...info, files, pieces: new Uint8Array(Buffer.concat(pieces)) };
  return { torrent: parseTorrent(encode({ info: both, 'piece layers': layers })), bytes };
};

const answerOf = (answer: ReturnType<Verify>): Promise<boolean> =>
  firstValueFrom(isObservable(answer) ? answer : of(answer));
const pieceOf = (bytes: Uint8Array, index: number): Uint8Array => bytes.subarray(index * PIECE, (index + 1) * PIECE);

describe('a hybrid', () => {
  const { torrent, bytes } = hybrid();

  it('is checked by both versions, with padding or without, digested at once or while it comes', async () => {
    const verify = verifier(torrent, { workers: 0 });
    for (let index = 0; index < 4; index++) {
      const piece = pieceOf(bytes, index);
      expect(await answerOf(verify({ index, bytes: piece }))).toBe(true);
      const hasher = new BothHasher();
      for (let at = 0; at < piece.length; at += 5_000) hasher.update(piece.subarray(at, at + 5_000));
      const digest = hasher.digest();
      expect(digest).toEqual(bothDigests(piece));
      expect(await answerOf(verify({ index, bytes: piece, digest }))).toBe(true);
      const wrong = piece.map((byte, at) => (at === 77 ? byte ^ 1 : byte));
      expect(await answerOf(verify({ index, bytes: wrong }))).toBe(false);
    }
  });

  it('is digested for both versions while it comes', () => {
    const digest = pieceHasher(() => false)(torrent)?.digest();
    expect(digest?.length).toBe(20);
    expect(pieceHasher(() => false)({})?.digest().length).toBe(20);
    const hasher = pieceHasher(() => false)(torrent);
    hasher?.update(pieceOf(bytes, 0));
    expect(hasher?.digest().length).toBe(20 + 2 * 32);
  });

  it('whose versions are of different bytes ends with an error that says so, and is not taken as good', () => {
    const other = hybrid(a.map((byte, at) => (at === 35_000 ? byte ^ 1 : byte)));
    const verify = verifier(other.torrent, { workers: 0 });
    const error = /piece 1 is right by its SHA-1, and wrong by its SHA-256: the versions of this torrent do not agree/;
    expect(verify({ index: 0, bytes: pieceOf(other.bytes, 0) })).toBe(true);
    expect(() => verify({ index: 1, bytes: pieceOf(other.bytes, 1) })).toThrow(error);
  });

  it('on disk is checked by both versions, too', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'content'));
    writeFileSync(join(folder, 'content', 'a'), a);
    writeFileSync(join(folder, 'content', 'b'), b);
    const checked = await lastValueFrom(recheck(torrent, nodeEnv(), { folder }));
    expect(checked).toMatchObject({ complete: true, valid: 4, pieceCount: 4 });
    const wrong = a.map((byte, at) => (at === 35_000 ? byte ^ 1 : byte));
    writeFileSync(join(folder, 'content', 'a'), wrong);
    await expect(lastValueFrom(recheck(hybrid(wrong).torrent, nodeEnv(), { folder }))).rejects.toMatchObject({
      name: 'InputError',
      code: 'bad-metainfo',
    });
  });
});
