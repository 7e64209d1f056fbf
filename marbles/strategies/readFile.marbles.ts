/**
 * A file's bytes in order while it downloads: for a player, or a pipe. What is read is fetched before all else.
 */
import { map } from 'rxjs';
import { describe, it } from 'vitest';
import { openDownload, rarestFirst } from '../../src/index.ts';
import { drawn, DrawnDisk, honest } from '../index.ts';
import { readFile } from './readFile.ts';

const size = { torrent: { pieces: 4, blocksPerPiece: 1 } };
const options = { target: { folder: '.' }, order: rarestFirst };
/** Blocks have the number of their piece in each byte, from 1. */
const letters = { 1: 1, 2: 2, 3: 3, 4: 4 };
const first = map((bytes: Uint8Array) => bytes[0]);

describe('reading a file while it downloads', () => {
  it(
    'gives its bytes in order, whatever the order of the download is',
    drawn(({ torrent, world, gives }) => {
      const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
      gives(openDownload(torrent, env, options).pipe(readFile(0), first)).toBe('32ms 1---2---3---4-|', letters);
    }, size),
  );

  it(
    'gives at once what an earlier run has stored',
    drawn((stage) => {
      const { torrent, world, gives } = stage;
      const disk = new DrawnDisk(stage, { has: [0, 1] });
      const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) }, disk });
      gives(openDownload(torrent, env, options).pipe(readFile(0), first)).toBe('-------1-2 23ms -3---4-|', letters);
    }, size),
  );
});
