import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { create } from '../../src/create.ts';
import { nodeEnv } from '../../src/node.ts';
import { MiB } from './measure.ts';

/** Content of which no two pieces are the same, in `folder`; returns the path of its .torrent. */
export const made = async (folder: string, length: number, pieceLength: number): Promise<string> => {
  const fd = fs.openSync(path.join(folder, 'content'), 'w');
  for (let at = 0; at < length; at += 16 * MiB) {
    fs.writeSync(
      fd,
      createHash('shake256', { outputLength: 16 * MiB })
        .update(`content ${at}`)
        .digest(),
    );
  }
  fs.closeSync(fd);
  const last = await lastValueFrom(create(path.join(folder, 'content'), nodeEnv(), { pieceLength }));
  if (last.type !== 'created') throw new Error('no torrent was made');
  const torrent = path.join(folder, 'content.torrent');
  fs.writeFileSync(torrent, last.bytes);
  return torrent;
};
