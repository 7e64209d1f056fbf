import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { peers, tracker } from '../swarm/fixture.ts';
import { compile, node, project, TOP } from './project.ts';
import { ofProject } from './ofProject.ts';

const FOLDER = join(TOP, 'marbles/strategies');
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.marbles.ts'))
  .map((name) => name.replace('.ts', ''));

const BEGINNING = `
import { readFileSync } from 'node:fs';
import { concat, filter, lastValueFrom, map, of, switchMap, timer, toArray } from 'rxjs';
import { client, download, nodeEnv, openDownload, parseTorrent } from 'rxtorrent';

const torrent = parseTorrent(readFileSync('content.torrent'));
const env = nodeEnv({ state: false });
const options = { target: { folder: process.argv[2] ?? '.' } };
`;

/** What each is tried with, over real sockets: a program that says `done` at its end. */
const PROGRAMS: Readonly<Record<string, string>> = {
  lanFirst: `
await lastValueFrom(download(torrent, env, { ...options, ...lanFirst(100), lsd: false }));
console.log('done');`,

  pausedBy: `
const paused$ = concat(of(true), timer(300).pipe(map(() => false)));
const events$ = openDownload(torrent, env, options).pipe(pausedBy(paused$));
const last = await lastValueFrom(events$.pipe(filter(({ type }) => type === 'done')));
console.log(last.type);`,

  readFile: `
const parts = await lastValueFrom(openDownload(torrent, env, options).pipe(readFile(0), toArray()));
if (Buffer.concat(parts).equals(readFileSync(options.target.folder + '/content'))) console.log('done');`,

  smallestFirst: `
const opened$ = openDownload(torrent, env, options).pipe(smallestFirst(torrent));
await lastValueFrom(opened$.pipe(switchMap(({ events$ }) => events$)));
console.log('done');`,

  ndjson: `
const lines = await lastValueFrom(download(torrent, env, options).pipe(ndjson(), toArray()));
for (const line of lines) if (!(JSON.parse(line).stored > 0)) throw new Error(line);
if (lines.length > 0) console.log('done');`,

  serveOnly: `
const target = { folder: 'seed' };
const seed = { target, trackers: [], seed: { only: true, ratio: 1 }, choker: serveOnly('127.0.0.') };
await lastValueFrom(download(torrent, env, { target }));
const port$ = new Promise<number>((resolve) =>
  client(env, { ports: [0] }).download(torrent, seed).subscribe({
    next: (event) => event.type === 'port-open' && resolve(event.port),
    complete: () => console.log('done'),
  }),
);
const peer = { host: '127.0.0.1', port: await port$, source: 'manual' as const };
await lastValueFrom(download(torrent, env, { ...options, trackers: [], peers: [peer] }));`,
};

let fresh: string;
const spec = { name: 'content', length: 40 * 16_384, pieceLength: 16_384 };
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

describe('the cookbook over real sockets', () => {
  it('has each strategy', () => {
    expect(Object.keys(PROGRAMS).sort()).toEqual([...names].sort());
  });

  it.each(names)('%s does what it says', async (name) => {
    // Slow enough for two samples of a second.
    const pace = name === 'ndjson' ? { bytesPerSecond: 120_000 } : {};
    const seeds = await peers(content, [pace, pace]);
    const { url } = await tracker(seeds);
    writeFileSync(join(fresh, 'content.torrent'), contentOf({ ...spec, announce: url }).metainfo);
    const { code, said } = await node([join(fresh, `${name}.program.js`), name], fresh);
    expect([code, said], said).toEqual([0, 'done\n']);
  });
});
