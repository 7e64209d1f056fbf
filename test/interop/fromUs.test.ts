import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, aria2, libtorrent, linkTo, opentracker, transmission, webtorrent } from './clients.ts';
import { type Content, listening, World } from './world.ts';

const clients = { libtorrent, aria2, transmission, webtorrent };
const SINGLE = [3_000_001];
const MULTIPLE = [1_000_003, 0, 65_536, 17, 2_500_000];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** One of ours, at 7000, of which the tracker has heard; gives what it says. */
const ours = async (content: Content, ...args: readonly string[]): Promise<() => string> => {
  const child = world.ours(...args, '--port', '7000', '--no-dht', '--no-lsd', '--json');
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await listening(7000);
  await announced(content, 1);
  return () => said;
};
const seed = (content: Content): Promise<() => string> => ours(content, 'seed', content.torrent, world.lay(content, 'seed'));

/** Somebody was taken for a liar. */
const FAULT = /"reason":"(malformed|oversized|unexpected|corrupt)"/;

const empty = (folder: string): string => {
  mkdirSync(world.path(folder));
  return world.path(folder);
};

/** Transmission makes no files of no length. */
const complete = (content: Content, folder: string): boolean => {
  const length = content.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return world.pieces(content, folder).size === Math.ceil(length / 65_536);
};

const eventually = async (holds: () => boolean, seconds: number): Promise<boolean> => {
  for (let tries = 0; tries < seconds * 10 && !holds(); tries++) await new Promise((done) => setTimeout(done, 100));
  return holds();
};

describe.each(Object.entries(clients))('%s downloads from us', (_, client) => {
  it.each([
    ['one file', SINGLE],
    ['several files', MULTIPLE],
  ])('%s', async (__, sizes) => {
    const content = world.content('content', sizes);
    await opentracker(world, content);
    const said = await seed(content);
    await client(world, content, empty('leech'), 7001);
    expect(await eventually(() => complete(content, 'leech'), 60)).toBe(true);
    // It has still to say that it has all.
    await eventually(() => /"type":"peer-left"/.test(said()), 3);
    expect(said()).toMatch(/"type":"unchoke"/);
    expect(said()).not.toMatch(FAULT);
  });

  it('knowing nothing but a magnet link', async () => {
    // So many files that the info dictionary is of several pieces.
    const content = world.content('content', [1_000_003, ...Array.from({ length: 300 }, (__, n) => n * 7)]);
    await opentracker(world, content);
    await seed(content);
    await client(world, linkTo(content), empty('leech'), 7001);
    expect(await eventually(() => complete(content, 'leech'), 60)).toBe(true);
  });

  it('while we download from it: each has what the other lacks', async () => {
    const content = world.content('content', MULTIPLE);
    await opentracker(world, content);
    const even = world.lay(content, 'even', (piece) => piece % 2 === 0);
    const odd = world.lay(content, 'odd', (piece) => piece % 2 === 1);
    const said = await ours(content, 'download', content.torrent, '-o', `${even}/`, '--seed', '--recheck');
    await client(world, content, odd, 7001);
    expect(await eventually(() => complete(content, 'odd') && complete(content, 'even'), 60)).toBe(true);
    expect(said()).not.toMatch(FAULT);
  });
});

describe('all at once from a seed of ours', () => {
  it('complete', async () => {
    const content = world.content('content', [20_000_000, 5, 1_000_000]);
    await opentracker(world, content);
    await seed(content);
    let port = 7001;
    for (const [name, client] of Object.entries(clients)) await client(world, content, empty(name), port++);
    for (const name of Object.keys(clients)) expect(await eventually(() => complete(content, name), 60), name).toBe(true);
  });
});
