import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase32 } from '../../src/protocol/encoding/id.ts';
import { announced, AT, libtorrent, opentracker } from './clients.ts';
import { network, ROUTER, seed } from './dhtNetwork.ts';
import { type Content, TRACKER, World } from './world.ts';

const PIECE = 65_536;
const PEER = `${AT.libtorrent}:7001`;
const NAMES = /^Peer ID: [0-9a-f]{40}$/m;

let world: World;
let content: Content;
let bytes: Buffer;
let end: () => Promise<unknown>;

beforeEach(() => {
  world = new World();
  end = () => Promise.resolve();
  content = world.content('content.bin', [1_000_003]);
  bytes = Buffer.concat(content.files.map((file) => file.bytes));
});
afterEach(async () => {
  await end();
  await world.end();
});

const seeded = async (): Promise<string> => {
  await opentracker(world, content);
  await libtorrent(world, content, world.lay(content, 'seed'), 7001);
  await announced(content, 1);
  return `magnet:?xt=urn:btih:${content.infoHash}&dn=content.bin&tr=${encodeURIComponent(TRACKER)}`;
};
/** What a command prints; it must succeed. */
const says = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await world.run(...args);
  expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
  return out;
};
const saysJson = async (...args: readonly string[]): Promise<Record<string, unknown>[]> =>
  (await says(...args, '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const piece = (index: number): Buffer => bytes.subarray(index * PIECE, (index + 1) * PIECE);
const pieceHashes = (): string =>
  Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, n) =>
    createHash('sha1').update(piece(n)).digest('hex'),
  ).join('\n');
const facts = (): string[] => [
  `Tracker URL: ${TRACKER}`,
  `Length: ${bytes.length}`,
  `Info Hash: ${content.infoHash}`,
  `Piece Length: ${PIECE}`,
  `Piece Hashes:\n${pieceHashes()}`,
];
const ALONE = ['--no-dht', '--no-lsd'];

describe('each command, with a seed of libtorrent', () => {
  it('decode, info, peers, handshake and nhandshake say what they promise', async () => {
    await seeded();
    expect(await says('decode', 'd3:bari1e3:fool1:aee')).toBe('{"bar":1,"foo":["a"]}\n');
    const info = await says('info', content.torrent);
    for (const fact of facts()) expect(info).toContain(`${fact}\n`);
    // This tracker names whoever asks, too.
    expect(await says('peers', content.torrent, ...ALONE, '--timeout', '2')).toMatch(/^10\.77\.0\.\d:7001 +tracker$/m);
    expect(await saysJson('peers', content.torrent, ...ALONE, '--timeout', '2')).toContainEqual(
      expect.objectContaining({ port: 7001, source: 'tracker' }),
    );
    expect(await says('handshake', content.torrent, PEER)).toMatch(NAMES);
    const negotiated = await says('nhandshake', content.torrent, PEER);
    expect(negotiated).toMatch(NAMES);
    expect(negotiated).toMatch(/ut_metadata/);
    expect(negotiated).toMatch(/libtorrent/);
    const told = await saysJson('nhandshake', content.torrent, PEER);
    expect(JSON.stringify(told.find(({ type }) => type === 'handshake'))).toContain('"ut_metadata"');
  });

  it('download_piece and download take their arguments in either order, and get every byte', async () => {
    await seeded();
    const [one, other, all] = [world.path('one'), world.path('other'), world.path('all')];
    await says('download_piece', '-o', one, content.torrent, '0', ...ALONE);
    await says('download_piece', content.torrent, '15', ...ALONE, '--output', other);
    expect(readFileSync(one).equals(piece(0))).toBe(true);
    expect(readFileSync(other).equals(piece(15))).toBe(true);
    await says('download', '-o', all, content.torrent, ...ALONE);
    expect(readFileSync(all).equals(bytes)).toBe(true);
  });

  it('the five of magnet links need nothing else, in hex and in base32', async () => {
    const link = await seeded();
    const base32 = link.replace(content.infoHash, toBase32(new Uint8Array(Buffer.from(content.infoHash, 'hex'))));
    for (const each of [link, base32]) {
      const parsed = await says('magnet_parse', each);
      for (const fact of [`Tracker URL: ${TRACKER}`, `Info Hash: ${content.infoHash}`])
        expect(parsed).toContain(`${fact}\n`);
      const greeted = await says('magnet_handshake', each, ...ALONE, '--count', '1');
      expect(greeted).toMatch(NAMES);
      expect(greeted).toMatch(/^Peer Metadata Extension ID: [1-9]\d*$/m);
      const info = await says('magnet_info', each, ...ALONE);
      for (const fact of facts()) expect(info).toContain(`${fact}\n`);
    }
    const [one, all] = [world.path('one'), world.path('all')];
    await says('magnet_download_piece', '-o', one, link, '3', ...ALONE);
    expect(readFileSync(one).equals(piece(3))).toBe(true);
    await says('magnet_download', '-o', all, base32, ...ALONE);
    expect(readFileSync(all).equals(bytes)).toBe(true);
  });

  it('dht needs no tracker', async () => {
    end = await network(world);
    await seed(world, content);
    const all = world.path('all');
    await says('dht', '-o', all, `magnet:?xt=urn:btih:${content.infoHash}`, '--bootstrap', ROUTER, '--timeout', '60');
    expect(readFileSync(all).equals(bytes)).toBe(true);
  });
});
