import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import { NODES, ROUTER } from './dhtNetwork.ts';
import { type Content, HOST, listening, TRACKER, type World } from './world.ts';

/**
 * Where each client is: one each, as transmission knows a peer by its address alone, without the port. Of several at
 * one address it calls only one, and nobody if that address is its own.
 */
export const AT = {
  libtorrent: '10.77.0.5',
  aria2: '10.77.0.6',
  transmission: '10.77.0.4',
  webtorrent: '10.77.0.2',
  // Not in one test with libtorrent, which it is made of.
  qbittorrent: '10.77.0.5',
} as const;

/** The same content, for clients that are given nothing but a magnet link. */
export const linkTo = (content: Content): Content => ({
  ...content,
  torrent: `${bareLinkTo(content).torrent}&tr=${encodeURIComponent(TRACKER)}`,
});

/** A link that names no tracker, either. */
export const bareLinkTo = (content: Content): Content => ({
  ...content,
  torrent: `magnet:?xt=urn:btih:${content.infoHash}&dn=${content.name}`,
});

export interface Ways {
  /** Bytes a second that go at most. */
  readonly limit?: number;
  /** Takes part in the DHT of `dhtNetwork.ts`. */
  readonly dht?: boolean;
  /** Tells peers of others, and is told. */
  readonly pex?: boolean;
  /** Takes and makes encrypted connections only; what follows the handshake is so, if the client lets that be said. */
  readonly encrypted?: 'rc4' | 'plaintext';
  /** Speaks uTP; but for transmission, which can't be told so, nothing else. */
  readonly utp?: boolean;
}

/**
 * Starts a client that shares what is in `folder`, and waits until it listens. Who is in the DHT uses nothing else if
 * the torrent names no tracker.
 */
export type StartClient = (world: World, content: Content, folder: string, port: number, ways?: Ways) => Promise<void>;

export const libtorrent: StartClient = async (
  world,
  { torrent },
  folder,
  port,
  { limit = 0, dht = false, encrypted, utp = false } = {},
) => {
  const at = `${AT.libtorrent}:${port}`;
  if (dht)
    world.start(
      '/usr/bin/python3',
      resolve('test/interop/libtorrentDht.py'),
      at,
      ROUTER,
      'share',
      torrent,
      folder,
      String(limit),
    );
  else {
    const script = resolve('test/interop/libtorrentPeer.py');
    const words = [...(utp ? ['utp'] : []), ...(encrypted ? [encrypted] : [])];
    world.start('/usr/bin/python3', script, torrent, folder, at, String(limit), ...words);
  }
  if (!utp) await listening(port, AT.libtorrent);
};

export const aria2: StartClient = async (
  world,
  { torrent },
  folder,
  port,
  { limit = 0, dht = false, encrypted } = {},
) => {
  const network = [
    `--dht-entry-point=${ROUTER}`,
    `--dht-listen-port=${port}`,
    `--dht-file-path=${world.path(`aria2-${port}`)}`,
  ];
  world.start(
    'aria2c',
    ...[
      '--check-integrity=true',
      '--seed-ratio=0.0',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
    ],
    `--bt-require-crypto=${encrypted !== undefined}`,
    ...(encrypted === 'rc4' ? ['--bt-min-crypto-level=arc4'] : []),
    // What it has is on disk at once.
    ...[
      '--allow-overwrite=true',
      '--file-allocation=none',
      '--disk-cache=0',
      `--enable-dht=${dht}`,
      ...(dht ? network : []),
    ],
    ...[`--interface=${AT.aria2}`, `--listen-port=${port}`, `--max-upload-limit=${limit}`, '-d', folder, torrent],
  );
  await listening(port, AT.aria2);
};

/**
 * Those that were there when transmission ran before: it goes to them one after the other, and uses the DHT as soon as
 * it knows nine, four of which answer.
 */
const knownNodes = (): Uint8Array =>
  Buffer.concat(
    NODES.map((node) => {
      const [host = '', port = ''] = node.split(':');
      return Buffer.from([...host.split('.').map(Number), Number(port) >> 8, Number(port) & 255]);
    }),
  );

export const transmission: StartClient = async (
  world,
  { torrent },
  folder,
  port,
  { limit = 0, dht = false, pex = false, encrypted, utp = false } = {},
) => {
  const config = world.path(`transmission-${port}`);
  mkdirSync(config);
  const settings = {
    'dht-enabled': dht,
    'lpd-enabled': false,
    'pex-enabled': pex,
    'utp-enabled': utp,
    // Since version 4.
    'tcp-enabled': !utp,
    'port-forwarding-enabled': false,
    'bind-address-ipv4': AT.transmission,
    'peer-port': port,
    'rpc-enabled': false,
    // 1: encrypted if the other side can, else not. 2: always.
    encryption: encrypted === undefined ? 1 : 2,
    // What it has is on disk at once.
    'cache-size-mb': 0,
    'speed-limit-up-enabled': limit > 0,
    'speed-limit-up': limit / 1000,
  };
  writeFileSync(`${config}/settings.json`, JSON.stringify(settings));
  if (dht) {
    writeFileSync(`${config}/dht.dat`, encode({ nodes: knownNodes() }));
    // It takes some 15 s for each of these lines, and asks its own bootstrap node only after the last of them: later
    // than any test ends.
    writeFileSync(`${config}/dht.bootstrap`, `${ROUTER.replace(':', ' ')}\n`.repeat(50));
  }
  world.start('transmission-cli', '-g', config, '-w', folder, '-M', '-p', String(port), torrent);
  await listening(port, AT.transmission);
};

/** Its web interface, which it does not run without. */
const WEB_PORT = 8099;

export const qbittorrent: StartClient = async (world, { torrent }, folder, port, { encrypted, utp = false } = {}) => {
  const profile = world.path(`qbittorrent-${port}`);
  mkdirSync(`${profile}/qBittorrent/config`, { recursive: true });
  const session = {
    Encryption: encrypted === undefined ? 0 : 1,
    Port: port,
    InterfaceAddress: AT.qbittorrent,
    DHTEnabled: false,
    LSDEnabled: false,
    PeXEnabled: false,
    BTProtocol: utp ? 'UTP' : 'TCP',
    MultiConnectionsPerIp: true,
  };
  const lines = [
    ...['[LegalNotice]', 'Accepted=true', '[Network]', 'PortForwardingEnabled=false', '[BitTorrent]'],
    ...Object.entries(session).map(([name, value]) => `Session\\${name}=${value}`),
  ];
  writeFileSync(`${profile}/qBittorrent/config/qBittorrent.conf`, `${lines.join('\n')}\n`);
  const options = [`--profile=${profile}`, `--save-path=${folder}`, `--webui-port=${WEB_PORT}`, '--skip-dialog=true'];
  world.start('qbittorrent-nox', ...options, torrent);
  if (!utp) await listening(port, AT.qbittorrent);
};

/** Where it is installed. */
export const WEBTORRENT = process.env['WEBTORRENT'] ?? '';

export const webtorrent: StartClient = async (world, { torrent }, folder, port, { limit = 0, dht = false } = {}) => {
  const program = resolve('test/interop/webtorrentPeer.js');
  world.start(
    process.execPath,
    program,
    WEBTORRENT,
    torrent,
    folder,
    String(port),
    String(limit),
    ...(dht ? [ROUTER] : []),
  );
  await listening(port);
};

/** Debian's opentracker answers only for torrents on its white list, which it reads as nobody. */
export const opentracker = async (world: World, { infoHash, other = '' }: Content): Promise<void> => {
  chmodSync(world.folder, 0o755);
  writeFileSync(world.path('whitelist'), `${infoHash}\n${other}\n`);
  world.start('opentracker', '-i', HOST, '-p', '6969', '-P', '6969', '-d', world.folder, '-w', 'whitelist');
  await listening(6969);
};

/** Waits until so many peers have announced themselves: a tracker is not asked twice within a minute. */
export const announced = async ({ infoHash }: Content, count: number): Promise<void> => {
  const escaped = infoHash.replace(/../g, '%$&');
  for (let tries = 0; tries < 300; tries++) {
    // A connection that was kept may be to the tracker of the test before.
    const scraped = fetch(`http://${HOST}:6969/scrape?info_hash=${escaped}`).then((answer) => answer.text());
    const reply = await scraped.catch(() => '');
    const peers = ['complete', 'incomplete'].map((kind) =>
      Number(new RegExp(`\\d:${kind}i(\\d+)e`).exec(reply)?.[1] ?? 0),
    );
    if (peers.reduce((sum, each) => sum + each, 0) >= count) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`fewer than ${count} peers have announced themselves`);
};
