import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PeerAddress } from '../../src/index.ts';
import { contentOf } from '../swarm/content.ts';
import { peers, tracker } from '../swarm/fixture.ts';
import type { Request } from '../swarm/realPeer.ts';
import { compile, node, project, TOP } from './project.ts';
import { ofProject } from './ofProject.ts';
import { BEGINNING, PROGRAMS } from './programs.ts';

const FOLDER = join(TOP, 'marbles/strategies');
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.marbles.ts'))
  .map((name) => name.replace('.ts', ''));

let fresh: string;
const BLOCK = 16_384;
const files = [
  { path: ['film'], length: 32 * BLOCK },
  { path: ['song'], length: 8 * BLOCK },
];
/** What seeds see of it, where its events do not show it. */
const SEEN: Readonly<Record<string, (asked: readonly Request[]) => void>> = {
  // Each of the two seeds is asked for one piece at a time: when the song is asked for, one of it may be on its way.
  smallestFirst: (asked) => expect(asked.slice(0, 7).every(({ piece }) => piece >= 32)).toBe(true),
};
const spec = { name: 'content', files, pieceLength: BLOCK };
const content = contentOf(spec);

beforeAll(async () => {
  fresh = await project({ packages: ['@types/node'] });
  for (const name of names) {
    writeFileSync(join(fresh, `${name}.ts`), ofProject(readFileSync(join(FOLDER, `${name}.ts`), 'utf8')));
    const beginning = `import { ${name} } from './${name}.js';${BEGINNING}`;
    writeFileSync(join(fresh, `${name}.program.ts`), `${beginning}${PROGRAMS[name] ?? ''}`);
  }
  expect(await compile(fresh, { resolution: 'nodenext', types: ['node'] })).toEqual({ code: 0, said: '' });
});

/** The URL of a JSON file with these. */
const listOf = async (addresses: readonly PeerAddress[]): Promise<string> => {
  const server = createServer((_, response) => response.end(JSON.stringify(addresses)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/peers.json`;
};

describe('the cookbook over real sockets', () => {
  it('has each strategy', () => {
    expect(Object.keys(PROGRAMS).sort()).toEqual([...names].sort());
  });

  it.each(names)('%s does what it says', async (name) => {
    // Slow enough for two samples of a second, and for more than ten requests in flight unless told otherwise.
    const pace = ['ndjson', 'fixedWindow'].includes(name) ? { bytesPerSecond: 120_000 } : {};
    const asked: Request[] = [];
    const conduct = { ...pace, onRequest: (request: Request) => void asked.push(request) };
    const seeds = await peers(content, [conduct, conduct]);
    const { url } = await tracker(seeds);
    writeFileSync(join(fresh, 'content.torrent'), contentOf({ ...spec, announce: url }).metainfo);
    const env = { LIST: await listOf(seeds.map(({ address }) => address)) };
    const { code, said } = await node([join(fresh, `${name}.program.js`), name], fresh, env);
    expect([code, said], said).toEqual([0, 'done\n']);
    SEEN[name]?.(asked);
  });
});
