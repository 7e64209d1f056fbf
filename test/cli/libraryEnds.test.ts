import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { peer } from '../swarm/fixture.ts';
import { content, nobody, type Run, SOON, start, type World } from './silentWorld.ts';

const LIBRARY = fileURLToPath(new URL('../../dist/src/index.js', import.meta.url));

describe('a program that uses the library among silent names', () => {
  const program = (world: World, seed: number, then: string): Run => {
    const file = join(world.home, 'program.mjs');
    writeFileSync(
      file,
      `import { readFileSync } from 'node:fs';
       import { client, dhtNode, fetchTorrent, nodeEnv, parseMagnet, parseTorrent, scrape }
         from ${JSON.stringify(LIBRARY)};
       const env = nodeEnv();
       const torrent = parseTorrent(readFileSync(${JSON.stringify(world.torrent)}));
       const magnet = parseMagnet(${JSON.stringify(world.magnet)});
       const bootstrap = [{ host: 'router.example.org', port: 6881 }];
       const it = client(env, { ports: [], dht$: dhtNode(env, { bootstrap }) });
       const peers = [
         { host: '127.0.0.1', port: ${seed}, source: 'manual' },
         { host: 'peer.example.org', port: 6881, source: 'manual' },
       ];
       const options = { target: { folder: ${JSON.stringify(`${world.home}/out`)} }, peers };
       const end = (subscription) => setTimeout(() => { subscription.unsubscribe(); console.log('the end'); }, 700);
       const ignored = { error: () => undefined };
       ${then}`,
    );
    return start([file], world.env);
  };

  it.each([
    [
      'lets a download complete',
      `it.download(torrent, options).subscribe({ complete: () => console.log('the end') });`,
      true,
    ],
    ['unsubscribes from a download', 'end(it.download(torrent, options).subscribe());', false],
    ['unsubscribes from the download of a magnet link', 'end(it.download(magnet, options).subscribe());', false],
    ['unsubscribes from the metadata', 'end(fetchTorrent(magnet, env, { peers }).subscribe());', false],
    [
      'unsubscribes from a scrape',
      "end(scrape(env, 'udp://tracker.example.org:1', [torrent.infoHash]).subscribe(ignored));",
      false,
    ],
    [
      'unsubscribes from a web server',
      "end(env.httpGet({ url: 'https://web.example.org/', maxBytes: 1, timeout: 60_000 }).subscribe(ignored));",
      false,
    ],
    ['unsubscribes from a peer', 'end(env.connect(peers[1]).subscribe(ignored));', false],
    ['unsubscribes from a name', "end(env.resolve('a.example.org').subscribe());", false],
  ])('exits by itself when it %s', async (_, then, complete) => {
    const world = await nobody();
    const port = complete ? (await peer(content)).port : world.port;
    const { says, ended } = program(world, port, then);
    const over = await says(/the end/);
    const { code, at, out } = await ended;
    expect({ code, soon: at - over < SOON, out }).toMatchObject({ code: 0, soon: true, out: 'the end\n' });
  });
});
