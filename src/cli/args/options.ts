import { choiceOptions, FILES, placeOptions, priorityOptions } from './fileOptions.ts';
import { APART, flag, type OptionTable, value, values } from './option.ts';

/** Every command has these. */
export const common: OptionTable = {
  json: flag('Print one JSON object per line on stdout, and nothing else'),
  // The value is optional: the parser is given `all` where it is missing.
  verbose: value('Log network and disk traffic; =tracker,dht,lsd,http,peer,mse,proxy,block,disk logs only these', {
    alias: 'v',
    apart: APART.commas,
  }),
};

export const decodeOptions: OptionTable = { file: value('File to decode; - is stdin') };

/** How our own DHT node works. */
const nodeOptions: OptionTable = {
  bootstrap: values('DHT node to start from, host:port, instead of the public ones', APART.commas),
  'dht-port': value('UDP port of the DHT node, 1–65535 (default: that of --port, else 6881)'),
  'node-file': value('File that keeps known DHT nodes between runs'),
};

/** Where peers are looked for beside trackers. */
const discoveryOptions: OptionTable = {
  'no-dht': flag('Do not use the DHT'),
  'no-lsd': flag('Do not look for peers on the local network (LSD)'),
  ...nodeOptions,
};

/** The .torrent file that a download leaves. */
const saveOptions: OptionTable = {
  'save-torrent': value('Save the .torrent to this file, also that of a magnet link'),
  force: flag('Replace files that are in the way: too long, or not of this torrent; and that of --save-torrent'),
};

export const verifyOptions: OptionTable = {
  files: values(FILES, APART.lines),
  quiet: flag('Print nothing but errors; the exit code tells the result'),
};

const fetchOptions: OptionTable = {
  output: value(
    'Folder to save to (one that exists, or ends in /), or new name of the file or folder; ' +
      '- is stdout, for one file, in order (default: the current folder)',
    { alias: 'o' },
  ),
  ...placeOptions,
  'max-peers': value('Maximum number of connections, 1–1000 (default 200)'),
  'max-active': value('Maximum number of simultaneous downloads, 1–1000 (default 5); seeding torrents do not count'),
  order: value('Piece order: rarest (default) or sequential'),
  ...priorityOptions,
  strategy: value('JavaScript module (.mjs) that exports options of a download: order, choker, peers$, converse, …'),
  watch: flag('Read the module of --strategy again when it changes: the download goes on with it'),
  'down-limit': value('Maximum download rate, bytes/s, for example 2M (default: no limit)'),
  'up-limit': value('Maximum upload rate, bytes/s, for example 500K (default: no limit)'),
  'down-limit-each': value('Maximum download rate of each torrent, bytes/s'),
  'up-limit-each': value('Maximum upload rate of each torrent, bytes/s'),
  'web-seed': values('Web server that has the same files, http(s) URL, beside those of the torrent', APART.words),
  'no-web-seeds': flag('Do not fetch anything from web servers'),
  memory: value('Memory for unfinished pieces, at least 1M (default 64M)'),
  recheck: flag('Hash all existing data again, whatever earlier runs have noted'),
  timeout: value('Give up (exit 4) after this long without progress, for example 90s or 5m'),
  quiet: flag('Print nothing but errors; the exit code tells the result'),
  ...choiceOptions,
};

/** Incoming connections. */
const listening: OptionTable = {
  port: value('Port for incoming connections, TCP and uTP, 1–65535 (default: the first free one of 6881–6889)'),
  'no-listen': flag('Accept no incoming connections'),
  'no-port-mapping': flag('Do not ask the router to pass our port on to us (PCP, NAT-PMP, UPnP)'),
};

/** By which ways bytes leave, and to which hosts. */
const networkOptions: OptionTable = {
  proxy: value(
    'Proxy by which everything leaves, and nothing past it: socks5://user:password@host:port, socks4a:// or http://',
  ),
  bind: values(
    'Local address or interface, for example tun0, by which everything leaves and comes; nothing by any other',
    APART.commas,
  ),
  anonymous: flag('Tell nobody which client this is, nor anything to the local network or the router (see README)'),
  blocklist: values(
    'Addresses to have nothing to do with: a file or URL, P2P text, eMule .dat or networks, also gzip',
    APART.words,
  ),
  allow: values('Exception from the blocklist: an address, network or range', APART.commas),
};

/** The ways to peers. */
const roadOptions: OptionTable = {
  ...networkOptions,
  encryption: value('Encrypted connections with peers: prefer (default), allow, require or off'),
  'no-utp': flag('Neither call peers by uTP nor be called'),
  'no-tcp': flag('Neither call peers by TCP nor be called: by uTP only'),
};

/** Where peers come from. */
const sourceOptions: OptionTable = {
  peer: values('Peer to connect to, host:port', APART.commas),
  tracker: values('Additional tracker, http(s) or udp URL', APART.words),
  'no-trackers': flag("Do not use the torrent's own trackers"),
  'no-pex': flag('Do not exchange addresses with peers (PEX)'),
  ...discoveryOptions,
  ...listening,
  ...roadOptions,
};

/** How long, and in which way, a complete torrent is seeded. */
const givingOptions: OptionTable = {
  ratio: value('Seed until this share ratio, for example 1.5'),
  'seed-time': value('Seed for this long, for example 90s, 30m, 2h or 1d'),
  'seed-idle': value('Seed until no peer has downloaded anything for this long, for example 30m'),
  'super-seed': flag('Super-seeding: offer each peer one piece at a time; for the first seed only'),
};
const slots: OptionTable = { slots: value('Upload slots, 1–500 (default: as many as the line can fill)') };

const recordOptions: OptionTable = {
  record: value('Record the session to this file, for replay and draw; compressed if it ends in .gz'),
  'record-limit': value(
    'Keep only the last of the recording, in files of at most this much together: 64M; draw shows it',
  ),
  mask: flag('Record other addresses, and no names of files or trackers: to show it, not to replay it'),
};

export const downloadOptions: OptionTable = {
  ...sourceOptions,
  ...fetchOptions,
  ...saveOptions,
  ...recordOptions,
  seed: flag('Seed when the download is complete'),
  ...givingOptions,
  ...slots,
};

const seedless = [
  'output',
  'choose',
  'max-active',
  'order',
  'memory',
  'timeout',
  'down-limit',
  'down-limit-each',
].concat('web-seed', 'no-web-seeds', 'first', 'priority', 'preview', ...Object.keys(placeOptions));

export const seedOptions: OptionTable = {
  ...sourceOptions,
  ...Object.fromEntries(Object.entries(fetchOptions).filter(([name]) => !seedless.includes(name))),
  ...saveOptions,
  force: flag('Replace the file of --save-torrent'),
  links: value('Symbolic links in what is shared: refuse (default) or skip'),
  ...givingOptions,
  ...slots,
  ...recordOptions,
};

export const dhtOptions: OptionTable = {
  ...nodeOptions,
  ...listening,
  ...roadOptions,
  ...fetchOptions,
  ...saveOptions,
  ...recordOptions,
};

export const drawOptions: OptionTable = {
  peer: value('Only this peer, host:port or host'),
  from: value('From this time on, for example 10s'),
  to: value('Up to this time, for example 12s'),
  lanes: value('Only these lanes: say (what peers say), ask (what we send), give (what came of it)'),
  html: value('Write a page with all of it to this file, to zoom and hover'),
  test: value('Write a drawing to this file that plays its peers to our operators and compares what we ask: a test'),
  force: flag('Replace an existing file'),
};

export const replayOptions: OptionTable = {
  order: value('Replay with another piece order: rarest or sequential'),
  strategy: value('Replay with the strategy of this module'),
  'max-peers': value('Replay with another maximum number of connections, 1–1000'),
};

export const compareOptions: OptionTable = {
  swarm: value(
    'Swarm to run them in: far, lossy, crowd, flash (default) or lopsided; a JSON file; or a recording of --record',
  ),
  seeds: value('Number of seeds, each of which both run with, 1–10000 (default 20)'),
  size: value('Size of the torrent of a swarm with a name, from 1M to 1G'),
};

export const peersOptions: OptionTable = {
  tracker: values('Additional tracker, http(s) or udp URL', APART.words),
  'no-trackers': flag("Do not use the torrent's own trackers"),
  ...discoveryOptions,
  ...networkOptions,
  scrape: flag('Only ask each tracker for its counts of seeds, leechers and downloads'),
  port: value('Port announced to trackers, 1–65535 (default: a random one)'),
  count: value('Stop after this many peers'),
  timeout: value('Stop after this long, for example 30s; exit 0 if a peer was found, else 4'),
};

export const publishOptions: OptionTable = {
  key: value("File with the publisher's private key: 64 hexadecimal digits, for nobody else to read"),
  'create-key': flag('Create that file with a new key, unless it is there'),
  salt: value('Text that tells what is published by one key apart, at most 64 bytes'),
  once: flag('End when it is published; nodes of the DHT forget it after two hours'),
  ...nodeOptions,
  ...networkOptions,
};

export const infoOptions: OptionTable = {
  pieces: flag('Print all piece hashes'),
  files: values(`Mark the files that a download with the same option would fetch. ${FILES}`, APART.lines),
  ...sourceOptions,
  port: value('Port announced to trackers, 1–65535'),
  timeout: value('Magnet links: give up (exit 4) after this long (default 60s)'),
};

export const handshakeOptions: OptionTable = {
  ...roadOptions,
  timeout: value('Time for the peer to introduce itself (default 10s)'),
};

export const greetOptions: OptionTable = {
  ...sourceOptions,
  count: value('Stop after this many peers (default 10)'),
  timeout: value('Stop after this long (default 30s); exit 0 if a peer was found, else 4'),
};

export const pieceOptions: OptionTable = {
  ...sourceOptions,
  output: value('File to write; - is stdout', { alias: 'o' }),
  'max-peers': value('Maximum number of connections, 1–1000 (default 50)'),
  timeout: value('Give up (exit 4) after this long (default 60s)'),
  quiet: flag('Print nothing but errors; the exit code tells the result'),
};

export const createOptions: OptionTable = {
  output: value(
    '.torrent file to write, or a folder for it (one that exists, or ends in /); ' +
      '- is stdout (default: NAME.torrent in the current folder)',
    {
      alias: 'o',
    },
  ),
  force: flag('Replace an existing .torrent file'),
  name: value('Name of the torrent (default: that of the file or folder)'),
  tracker: values('Tracker, http(s) or udp URL, a tier of its own; a,b puts two in one tier', APART.words),
  'web-seed': values('Web seed, an http(s) URL with the same files', APART.words),
  'piece-length': value('Piece length, a power of two from 16K to 256M (default: by size)'),
  private: flag('Private torrent: peers come from its trackers only'),
  source: value('Source tag, which changes the info-hash (for cross-seeding)'),
  comment: value('Comment'),
  date: value(
    'Creation date: now, or a date such as 2026-11-21 (default: none, so that the same files make the same .torrent)',
  ),
  padding: flag('Align each file to a piece, with padding files (BEP 47)'),
  v1: flag('Make a torrent of version 1, for all clients; the default'),
  v2: flag('Make a torrent of version 2 (BEP 52), for clients that know it'),
  hybrid: flag('Make a torrent of both versions, for all clients'),
  links: value('Symbolic links: refuse (default), skip or follow'),
  quiet: flag('Print nothing but errors; the exit code tells the result'),
};

export const demoOptions: OptionTable = {
  keep: flag('Keep the files in their temporary folder, and print where it is'),
  size: value('Size of the download, from 1M to 1G (default 64M)'),
  faults: values(
    'What goes wrong on the way, for example lossy=0.01,delayed=50ms; also throttled=2M, cut=5s, failing=0.1, ' +
      'lying=0.001, frozen=1s, reordered=0.1, duplicated=0.1',
    APART.commas,
  ),
  quiet: flag('Print only the result'),
};
