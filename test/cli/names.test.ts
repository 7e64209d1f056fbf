import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { folder, run } from './run.ts';

/** Nobody listens there, and nobody is needed. */
const NOBODY = ['--no-trackers', '--peer', '127.0.0.1:9'];

/** A .torrent of one small file in a folder, and that folder under the torrent's own names. */
const lay = (name: string, file: string): { readonly torrent: string; readonly home: string } => {
  const home = folder();
  const content = Buffer.from('what is in it');
  mkdirSync(join(home, 'data', name), { recursive: true });
  writeFileSync(join(home, 'data', name, file), content);
  const pieceHashes = new Uint8Array(createHash('sha1').update(content).digest());
  const torrent = join(home, 'x.torrent');
  writeFileSync(
    torrent,
    encodeTorrent({ name, files: [{ path: [file], length: content.length }], pieceLength: 16_384, pieceHashes }),
  );
  return { torrent, home };
};

describe('data under the names of the torrent', () => {
  it.each([
    ['as they are', 'Live: "what?"', 'And so on...'],
    ['that we would not give', 'right\u202eleft', 'line\nline'],
  ])('%s is found, by its folder or by that in which it is, and not fetched again', async (_, name, file) => {
    const { torrent, home } = lay(name, file);
    const data = join(home, 'data');
    expect((await run(['verify', torrent, data])).code).toBe(0);
    expect((await run(['verify', torrent, join(data, name)])).code).toBe(0);
    expect((await run(['seed', torrent, data, '--no-trackers', '--seed-time', '0.1', '--quiet'])).code).toBe(0);
    expect((await run(['download', torrent, '-o', data, ...NOBODY])).code).toBe(0);
    expect([readdirSync(data), readdirSync(join(data, name))]).toEqual([[name], [file]]);
  });
});
