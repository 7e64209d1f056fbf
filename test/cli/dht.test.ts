import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat, ignoreElements, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { demoContent, demoTorrent } from '../../src/cli/demo/content.ts';
import { seed } from '../../src/cli/demo/seed.ts';
import { defaultNodeFile, loadNodes, saveNodes } from '../../src/cli/input/nodeFile.ts';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import { encodeSavedNodes, type SavedNodes } from '../../src/discovery/dht/savedNodes.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { loopbackEnv } from '../discovery/dht/loopback.ts';
import { folder, objects, run } from './run.ts';
import { running } from './running.ts';

const MiB = 2 ** 20;

/** A torrent, a seed of it that only a DHT of two nodes knows, and the first of these. */
const world = async ({ isPrivate = false } = {}) => {
  const home = folder();
  const content = demoContent(MiB);
  const encoded = encodeTorrent({ ...demoTorrent(content, 'http://127.0.0.1:1/announce'), private: isPrivate });
  const torrent = parseTorrent(encoded);
  const file = join(home, 'a.torrent');
  writeFileSync(file, encoded);
  const port = await running(seed({ torrent, bytes: content.bytes, peerId: Buffer.alloc(20, 's'), rate: 1000 * MiB }));
  const first = await running(dhtNode(loopbackEnv, { bootstrap: [] }));
  const router = { host: '127.0.0.1', port: first.port };
  const other: DhtNode = await running(dhtNode(loopbackEnv, { bootstrap: [router] }));
  await lastValueFrom(
    concat(first.addNode({ host: '127.0.0.1', port: other.port }), other.announce(torrent.infoHash, port)).pipe(
      ignoreElements(),
    ),
    {
      defaultValue: undefined,
    },
  );
  const nodeFile = join(home, 'state', 'nodes');
  return { home, file, torrent, nodeFile, router: `127.0.0.1:${first.port}`, seed: port };
};

describe('dht', () => {
  it('downloads from peers that only the DHT knows, and keeps the nodes for the next time', async () => {
    const { home, file, nodeFile, router } = await world();
    const first = await run([
      'dht',
      file,
      '-o',
      join(home, 'one/'),
      '--bootstrap',
      router,
      '--node-file',
      nodeFile,
      '--timeout',
      '30',
      '--json',
    ]);
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    const told = objects(first.stdout);
    expect(told.find(({ type }) => type === 'peer-joined')).toMatchObject({ host: '127.0.0.1', source: 'dht' });
    expect(told.some(({ type }) => type === 'announced' || type === 'tracker')).toBe(false);
    const { sources } = told.findLast(({ type }) => type === 'funnel') as { sources: unknown };
    expect(sources).toMatchObject([
      { source: 'dht', discovered: 1, dialled: 1, connected: 1, handshaken: 1, interested: 1, unchoked: 1, sending: 1 },
    ]);
    expect(loadNodes(nodeFile)?.nodes.map(({ port }) => port)).toContain(Number(router.split(':')[1]));
    // Nobody is where it would begin otherwise.
    const again = ['dht', file, '-o', join(home, 'two/'), '--bootstrap', '127.0.0.1:9', '--timeout', '30', '--quiet'];
    expect(await run([...again, '--node-file', nodeFile])).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes options from the environment: other nodes to begin with, and several of them', async () => {
    const { home, file, nodeFile, router } = await world();
    const env = { RXTORRENT_BOOTSTRAP: `127.0.0.1:9 ${router}`, RXTORRENT_NODE_FILE: nodeFile };
    expect(await run(['dht', file, '-o', join(home, 'one/'), '--timeout', '30', '--quiet'], { env })).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(existsSync(nodeFile)).toBe(true);
  });

  it('is nothing for a private torrent', async () => {
    const { file, nodeFile, router } = await world({ isPrivate: true });
    const { code, stderr } = await run(['dht', file, '--bootstrap', router, '--node-file', nodeFile]);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('the torrent is private') as string });
    expect(existsSync(nodeFile)).toBe(false);
  });

  it('names what is wrong with its options', async () => {
    const { file } = await world();
    for (const [option, given] of [
      ['bootstrap', 'nowhere'],
      ['dht-port', '0'],
      ['node-file', ''],
    ] as const) {
      const { code, stderr } = await run(['dht', file, `--${option}`, given]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`--${option}`) as string });
    }
  });
});

describe('peers', () => {
  it('names the peers that the DHT knows', async () => {
    const { file, nodeFile, router, seed: port } = await world();
    const env = { RXTORRENT_NO_DHT: '0' };
    const asked = await run(
      [
        'peers',
        file,
        '--no-trackers',
        '--bootstrap',
        router,
        '--node-file',
        nodeFile,
        '--count',
        '1',
        '--timeout',
        '30',
      ],
      { env },
    );
    expect(asked).toEqual({ code: 0, stdout: `127.0.0.1:${port}  dht\n`, stderr: '' });
  });
});

describe('the file of nodes', () => {
  const saved: SavedNodes = {
    id: new Uint8Array(20).fill(1),
    nodes: [{ id: new Uint8Array(20).fill(2), host: '127.0.0.1', port: 6881 }],
  };

  it('is where such files are', () => {
    const [home, app] = ['/state', 'C:\\Users\\me\\AppData\\Local'];
    expect(defaultNodeFile({ XDG_STATE_HOME: home }, 'linux')).toBe('/state/rxtorrent/dht-nodes');
    expect(defaultNodeFile({ XDG_STATE_HOME: 'not/absolute' }, 'linux')).toMatch(
      /^\/.*\/\.local\/state\/rxtorrent\/dht-nodes$/,
    );
    expect(defaultNodeFile({}, 'darwin')).toMatch(/Library\/Application Support\/rxtorrent\/dht-nodes$/);
    expect(defaultNodeFile({ LOCALAPPDATA: app }, 'win32')).toMatch(/^C:.*Local.rxtorrent.dht-nodes$/);
  });

  it('holds what was saved, for its owner only', () => {
    const file = join(folder(), 'new', 'nodes');
    saveNodes(file, saved);
    expect(loadNodes(file)).toEqual(saved);
    saveNodes(file, { ...saved, nodes: [] });
    expect(loadNodes(file)).toEqual({ ...saved, nodes: [] });
  });

  it('is as good as none when it is damaged, too long, no file, or missing', () => {
    const home = folder();
    const file = join(home, 'nodes');
    expect(loadNodes(file)).toBeUndefined();
    expect(loadNodes(home)).toBeUndefined();
    for (const bytes of [
      Buffer.from('rubbish'),
      Buffer.alloc(100_000, 'd'),
      Buffer.from(encodeSavedNodes(saved)).subarray(0, 30),
    ]) {
      writeFileSync(file, bytes);
      expect(loadNodes(file)).toBeUndefined();
    }
  });

  it('is left alone when it can not be written: that is no failure', () => {
    const home = folder();
    writeFileSync(join(home, 'in the way'), 'x');
    const file = join(home, 'in the way', 'nodes');
    expect(() => saveNodes(file, saved)).not.toThrow();
    expect(readFileSync(join(home, 'in the way'), 'utf8')).toBe('x');
    mkdirSync(join(home, 'folder', 'more'), { recursive: true });
    expect(() => saveNodes(join(home, 'folder'), saved)).not.toThrow();
    expect(existsSync(join(home, 'folder', 'more'))).toBe(true);
  });
});
