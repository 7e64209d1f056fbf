import { AT, libtorrent } from './clients.ts';
import type { Content, World } from './world.ts';

const NOBODY_ELSE = ['--no-dht', '--no-lsd', '--no-trackers', '--no-listen'];

/** Streams from these peers, `host:port`: the URL, and how many bytes of the torrent are stored by now. */
export interface Streamed {
  readonly url: string;
  readonly stored: () => number;
}

/** Starts `stream`, once it has told its URL. */
export const streamed = async (world: World, { torrent }: Content, ...args: readonly string[]): Promise<Streamed> => {
  const child = world.ours('stream', torrent, '-o', world.path('got/'), '--json', ...NOBODY_ELSE, ...args);
  let out = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const [, found] = /"type":"stream",[^\n]*?"url":"([^"]*)"/.exec(out) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error(`it has ended: ${out}`)));
  });
  return { url, stored: () => Number([...out.matchAll(/"type":"progress"[^\n]*"stored":(\d+)/g)].at(-1)?.[1] ?? 0) };
};

/** Two peers that have all of it, and give so many bytes a second each; as arguments for us. */
export const slowPeers = async (world: World, content: Content, limit: number): Promise<readonly string[]> => {
  const ports = [7001, 7002];
  for (const port of ports) await libtorrent(world, content, world.lay(content, `seed-${port}`), port, { limit });
  return ports.flatMap((port) => ['--peer', `${AT.libtorrent}:${port}`]);
};
