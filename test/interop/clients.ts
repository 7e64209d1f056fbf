import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Content, HOST, listening, TRACKER, type World } from './world.ts';

/**
 * Where each client is: one each, as transmission knows a peer by its address alone, without the port. Of several at one address it calls
 * only one, and nobody if that address is its own.
 */
export const AT = { libtorrent: '10.77.0.5', aria2: '10.77.0.6', transmission: '10.77.0.4', webtorrent: '10.77.0.2' } as const;

/** The same content, for clients that are given nothing but a magnet link. */
export const linkTo = (content: Content): Content => ({
  ...content,
  torrent: `magnet:?xt=urn:btih:${content.infoHash}&dn=${content.name}&tr=${encodeURIComponent(TRACKER)}`,
});

/** Starts a client that shares what is in `folder`, at so many bytes a second if that is given, and waits until it listens. */
export type StartClient = (world: World, content: Content, folder: string, port: number, limit?: number) => Promise<void>;

export const libtorrent: StartClient = async (world, { torrent }, folder, port, limit = 0) => {
  world.start('/usr/bin/python3', resolve('test/interop/libtorrentPeer.py'), torrent, folder, `${AT.libtorrent}:${port}`, String(limit));
  await listening(port, AT.libtorrent);
};

export const aria2: StartClient = async (world, { torrent }, folder, port, limit = 0) => {
  world.start(
    'aria2c',
    ...['--check-integrity=true', '--seed-ratio=0.0', '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false'],
    ...[
      `--interface=${AT.aria2}`,
      `--listen-port=${port}`,
      `--max-upload-limit=${limit}`,
      '--allow-overwrite=true',
      '--file-allocation=none',
      '-d',
      folder,
      torrent,
    ],
  );
  await listening(port, AT.aria2);
};

export const transmission: StartClient = async (world, { torrent }, folder, port, limit = 0) => {
  const config = world.path(`transmission-${port}`);
  mkdirSync(config);
  const settings = {
    'dht-enabled': false,
    'lpd-enabled': false,
    'pex-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
    'bind-address-ipv4': AT.transmission,
    'peer-port': port,
    'rpc-enabled': false,
    // Encrypted if the other side can, else not.
    encryption: 1,
    'speed-limit-up-enabled': limit > 0,
    'speed-limit-up': limit / 1000,
  };
  writeFileSync(`${config}/settings.json`, JSON.stringify(settings));
  world.start('transmission-cli', '-g', config, '-w', folder, '-M', '-p', String(port), '-v', torrent);
  await listening(port, AT.transmission);
};

/** Where it is installed. */
export const WEBTORRENT = process.env['WEBTORRENT'] ?? '';

export const webtorrent: StartClient = async (world, { torrent }, folder, port, limit = 0) => {
  world.start(process.execPath, resolve('test/interop/webtorrentPeer.js'), WEBTORRENT, torrent, folder, String(port), String(limit));
  await listening(port);
};

/** Debian's opentracker answers only for torrents on its white list, which it reads as nobody. */
export const opentracker = async (world: World, { infoHash }: Content): Promise<void> => {
  chmodSync(world.folder, 0o755);
  writeFileSync(world.path('whitelist'), `${infoHash}\n`);
  world.start('opentracker', '-i', HOST, '-p', '6969', '-P', '6969', '-d', world.folder, '-w', 'whitelist');
  await listening(6969);
};

/** Waits until so many peers have announced themselves: a tracker is not asked twice within a minute. */
export const announced = async ({ infoHash }: Content, count: number): Promise<void> => {
  const escaped = infoHash.replace(/../g, '%$&');
  for (let tries = 0; tries < 300; tries++) {
    const reply = await (await fetch(`http://${HOST}:6969/scrape?info_hash=${escaped}`)).text();
    const peers = ['complete', 'incomplete'].map((kind) => Number(new RegExp(`\\d:${kind}i(\\d+)e`).exec(reply)?.[1] ?? 0));
    if (peers.reduce((sum, each) => sum + each, 0) >= count) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`fewer than ${count} peers have announced themselves`);
};
