import type { ChildProcess } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { resolve } from 'node:path';
import { Client } from 'bittorrent-dht';
import { type Content, HOST, listening, type World } from './world.ts';

/** Where others see those who are at no address of their own: there the DHT leads to. */
export const AWAY = '10.77.0.2';
export const ROUTER = `${HOST}:7101`;
const LIBTORRENT = [7101, 7102, 7103, 7104];
const BITTORRENT_DHT = [7151, 7152, 7153, 7154, 7155, 7156, 7157, 7158];
/** Everybody in {@link network}. */
export const NODES: readonly string[] = [...LIBTORRENT, ...BITTORRENT_DHT].map((port) => `${HOST}:${port}`);

export const until = async (holds: () => boolean, what: () => string): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain for ${what()}`);
};

/** A node of libtorrent, and what it says. */
export const libtorrentNode = (
  world: World,
  listen: string,
  bootstrap: string,
  ...job: readonly string[]
): { readonly said: () => string } => {
  const child: ChildProcess = world.start(
    '/usr/bin/python3',
    resolve('test/interop/libtorrentDht.py'),
    listen,
    bootstrap,
    ...job,
  );
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { said: () => said };
};

/** What bittorrent-dht has to be given: it keeps no signed items otherwise. */
export const verified = (signature: Buffer, bytes: Buffer, key: Buffer): boolean => {
  const owner = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' });
  return verify(null, bytes, owner, signature);
};

const joined = ({ said }: { readonly said: () => string }): boolean => /nodes [1-9]/.test(said());

/** Nodes of libtorrent and of bittorrent-dht that know each other; gives what ends the latter. */
export const network = async (world: World): Promise<() => Promise<unknown>> => {
  const theirs: Client[] = [];
  const router = libtorrentNode(world, ROUTER, '-');
  await until(
    () => router.said().includes('nodes'),
    () => 'the first node',
  );
  const nodes = LIBTORRENT.slice(1).map((port) => libtorrentNode(world, `${HOST}:${port}`, ROUTER));
  for (const port of BITTORRENT_DHT) {
    const client = new Client({ bootstrap: [ROUTER], host: HOST, verify: verified });
    theirs.push(client);
    await new Promise<void>((done) => client.listen(port, HOST, done));
  }
  await until(
    () => nodes.every(joined) && theirs.every((client) => client.toJSON().nodes.length > 0),
    () => 'the nodes to know each other',
  );
  return () => Promise.all(theirs.map((client) => new Promise<void>((done) => client.destroy(done))));
};

/** A seed of libtorrent that nobody knows but the DHT. */
export const seed = async (world: World, content: Content, limit = 0): Promise<void> => {
  const sharing = libtorrentNode(
    world,
    `${AWAY}:7110`,
    ROUTER,
    'share',
    content.torrent,
    world.lay(content, 'seed'),
    String(limit),
  );
  await listening(7110, AWAY);
  await until(
    () => /is seeding/.test(sharing.said()) && joined(sharing),
    () => `the seed: ${sharing.said().slice(-500)}`,
  );
};

/**
 * Waits until the DHT, asked from within, names somebody at `port` for the content: some clients ask it once, and then
 * not for half an hour.
 */
export const announcedInDht = async ({ infoHash }: Content, port: number): Promise<void> => {
  const asking = new Client({ bootstrap: [ROUTER], host: HOST });
  const named = new Set<number>();
  asking.on('peer', (peer: { readonly port: number }) => named.add(peer.port));
  await new Promise<void>((done) => asking.listen(7150, HOST, done));
  try {
    for (let tries = 0; tries < 60 && !named.has(port); tries++) {
      await new Promise((done) => asking.lookup(Buffer.from(infoHash, 'hex'), done));
      await new Promise((done) => setTimeout(done, 100));
    }
    if (!named.has(port)) throw new Error(`nobody at ${port} has announced himself in the DHT`);
  } finally {
    await new Promise<void>((done) => asking.destroy(done));
  }
};
