import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../../swarm/content.ts';
import { folder, start } from '../run.ts';

/** Keeps what it reads at the URL that it is given last, and stays open, as a player does. */
const PLAYER = `
const [kept, url] = process.argv.slice(2);
require('node:http').get(url, (answer) => {
  const chunks = [];
  answer.on('data', (chunk) => chunks.push(chunk));
  answer.on('end', () => require('node:fs').writeFileSync(kept, Buffer.concat(chunks)));
});
process.on('SIGTERM', () => { require('node:fs').writeFileSync(kept + '.closed', ''); process.exit(); });
setInterval(() => {}, 1000);
`;

/** A film that lies where it is streamed from. */
const film = () => {
  const home = folder();
  const { metainfo, bytes, torrent } = contentOf({ name: 'film.mkv', length: 300_001, seed: 1 });
  const data = join(home, 'data');
  mkdirSync(data);
  writeFileSync(join(data, torrent.name), bytes);
  const file = join(home, 'film.torrent');
  writeFileSync(file, metainfo);
  const player = join(home, 'player.cjs');
  writeFileSync(player, PLAYER);
  return { home, data, file, bytes, player };
};

const alone = ['--no-trackers', '--peer', '127.0.0.1:9'];

const becomes = async (there: () => boolean): Promise<void> => {
  while (!there()) await new Promise((done) => setTimeout(done, 50));
};

describe('stream --player', () => {
  it('opens a program with the URL, which gets the film, and closes it at the end', async () => {
    const { home, data, file, bytes, player } = film();
    const kept = join(home, 'kept');
    const command = `${process.execPath} ${player} ${kept}`;
    const streaming = start(['stream', file, '-o', `${data}/`, '--player', command, ...alone]);
    await becomes(() => existsSync(kept));
    expect(readFileSync(kept).equals(bytes)).toBe(true);
    streaming.kill('SIGINT');
    await streaming.ended;
    await becomes(() => existsSync(`${kept}.closed`));
  });

  it('says of a program that is not there what to open instead, and goes on to serve', async () => {
    const { data, file } = film();
    const streaming = start(['stream', file, '-o', `${data}/`, '--player', 'no-such-player', ...alone]);
    await streaming.says(/cannot start no-such-player/);
    streaming.kill('SIGINT');
    const { stdout, stderr } = await streaming.ended;
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    expect(stderr).toMatch(/cannot start no-such-player: .*ENOENT.*: open http:\/\/127\.0\.0\.1:\d+\//);
  });
});
