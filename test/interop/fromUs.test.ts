import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  announced,
  AT,
  aria2,
  bareLinkTo,
  libtorrent,
  linkTo,
  opentracker,
  transmission,
  webtorrent,
} from './clients.ts';
import { announcedInDht, network, ROUTER } from './dhtNetwork.ts';
import { type Content, listening, World } from './world.ts';

const clients = { libtorrent, aria2, transmission, webtorrent };
const SINGLE = [3_000_001];
const MULTIPLE = [1_000_003, 0, 65_536, 17, 2_500_000];
/** So many files that the info dictionary is of several pieces. */
const MANY = [1_000_003, ...Array.from({ length: 300 }, (_, n) => n * 7)];

let world: World;
let end: () => Promise<unknown>;

beforeEach(() => {
  world = new World();
  end = () => Promise.resolve();
});
afterEach(async () => {
  await world.end();
  await end();
});

/** One of ours, at 7000; gives what it says. */
const ours = async (...args: readonly string[]): Promise<() => string> => {
  const child = world.ours(...args, '--port', '7000', '--no-lsd', '--json');
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await listening(7000);
  return () => said;
};
/** A seed of ours of which the tracker has heard, and nobody else. */
const seed = async (content: Content, ...more: readonly string[]): Promise<() => string> => {
  await opentracker(world, content);
  const said = await ours('seed', content.torrent, world.lay(content, 'seed'), '--no-dht', ...more);
  await announced(content, 1);
  return said;
};
/** A seed of ours of which the DHT has heard, and nobody else. */
const seedInDht = async (content: Content, ...more: readonly string[]): Promise<() => string> => {
  end = await network(world);
  const said = await ours(
    'seed',
    content.torrent,
    world.lay(content, 'seed'),
    '--no-trackers',
    '--bootstrap',
    ROUTER,
    ...more,
  );
  await announcedInDht(content, 7000);
  return said;
};

/** Somebody was taken for a liar. */
const FAULT = /"reason":"(malformed|oversized|unexpected|corrupt)"/;

/** What a test that fails shows of it. */
const toldBy = (said: string): string =>
  said
    .split('\n')
    .filter((line) => /"type":"(peer-|choke|unchoke|warning|done)/.test(line))
    .join('\n');

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
  ])('by the tracker: %s', async (__, sizes) => {
    const content = world.content('content', sizes);
    const said = await seed(content);
    await client(world, content, empty('leech'), 7001);
    expect(await eventually(() => complete(content, 'leech'), 60)).toBe(true);
    // It has still to say that it has all.
    await eventually(() => /"type":"peer-left"/.test(said()), 3);
    expect(said()).toMatch(/"type":"unchoke"/);
    expect(said()).not.toMatch(FAULT);
  });

  it('by the tracker, knowing nothing but a magnet link', async () => {
    const content = world.content('content', MANY);
    await seed(content);
    await client(world, linkTo(content), empty('leech'), 7001);
    expect(await eventually(() => complete(content, 'leech'), 60)).toBe(true);
  });

  it.each([
    ['which is all that leads to us', MULTIPLE, (content: Content) => content],
    ['knowing nothing but an info-hash', MANY, bareLinkTo],
  ])('by the DHT, %s', async (__, sizes, known) => {
    const content = world.content('content', sizes, []);
    const said = await seedInDht(content);
    await client(world, known(content), empty('leech'), 7001, { dht: true });
    expect(await eventually(() => complete(content, 'leech'), 90), toldBy(said())).toBe(true);
    // It called us.
    expect(said()).toMatch(/"type":"peer-joined".*"source":"incoming"/);
    expect(said()).not.toMatch(/"source":"(tracker|pex|lsd|manual)"/);
    expect(said()).not.toMatch(FAULT);
  });

  it('while we download from it: each has what the other lacks', async () => {
    const content = world.content('content', MULTIPLE);
    await opentracker(world, content);
    const even = world.lay(content, 'even', (piece) => piece % 2 === 0);
    const odd = world.lay(content, 'odd', (piece) => piece % 2 === 1);
    const said = await ours('download', content.torrent, '-o', `${even}/`, '--seed', '--recheck', '--no-dht');
    await announced(content, 1);
    await client(world, content, odd, 7001);
    expect(await eventually(() => complete(content, 'odd') && complete(content, 'even'), 60)).toBe(true);
    expect(said()).not.toMatch(FAULT);
  });
});

describe('all four at once complete with a seed of ours', () => {
  it.each([
    ['by the tracker', seed, (content: Content) => content, false],
    ['by the tracker, knowing nothing but a magnet link', seed, linkTo, false],
    ['by the DHT, knowing nothing but an info-hash', seedInDht, bareLinkTo, true],
  ])('%s', async (_, start, known, dht) => {
    const content = world.content('content', [20_000_000, 5, 1_000_000], dht ? [] : undefined);
    const said = await start(content, '--up-limit', '2M');
    const served = (host: string): number =>
      new Set(said().match(new RegExp(`"type":"unchoke",[^\\n]*"host":"${host}","port":\\d+`, 'g'))).size;
    const joined = (host: string): boolean => new RegExp(`"type":"peer-joined",[^\\n]*"host":"${host}"`).test(said());
    // The slow ones first; and transmission before WebTorrent, which is at our address: it calls only one of the two.
    await transmission(world, known(content), empty('transmission'), 7001, { dht });
    expect(await eventually(() => joined(AT.transmission), 60), toldBy(said())).toBe(true);
    await aria2(world, known(content), empty('aria2'), 7002, { dht });
    // By a link to the DHT it takes the metadata from us, and looks again for those who have the content: by then
    // transmission has some, too.
    expect(await eventually(() => (dht ? joined(AT.aria2) : served(AT.aria2) > 0), 60), toldBy(said())).toBe(true);
    await libtorrent(world, known(content), empty('libtorrent'), 7003, { dht });
    await webtorrent(world, known(content), empty('webtorrent'), 7004, { dht });
    const missing = (): string[] => Object.keys(clients).filter((name) => !complete(content, name));
    expect(await eventually(() => missing().length === 0, 60), `${missing().join()}: ${toldBy(said())}`).toBe(true);
    // libtorrent and WebTorrent call from 10.77.0.3.
    expect([served(AT.transmission) > 0, served('10.77.0.3') > 1], toldBy(said())).toEqual([true, true]);
    const connected = Math.max(
      ...[...said().matchAll(/"connected":(\d+),"unchoked"/g)].map(([, count]) => Number(count)),
    );
    if (!dht) expect(connected).toBeGreaterThanOrEqual(4);
    expect(said()).not.toMatch(FAULT);
  });
});
