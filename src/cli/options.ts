import type { Options } from 'yargs';

export type OptionTable = Readonly<Record<string, Options>>;

/** An option that takes one value; it is checked by `values.ts`, not by the parser, which turns what is no number into NaN. */
const value = (describe: string, more: Options = {}): Options => ({ string: true, requiresArg: true, describe, ...more });
const flag = (describe: string): Options => ({ boolean: true, describe });

/** Every command has these. */
export const common: OptionTable = {
  json: flag('One JSON object a line on stdout, and nothing else there'),
  // Its value may be left out: what the parser is given then is `all`.
  verbose: value('What is said, as it is said; or only in =tracker,dht,lsd,http,peer,disk', { alias: 'v' }),
};

export const decodeOptions: OptionTable = { file: value('Read the bencoded bytes from this file (- is stdin)') };

export const verifyOptions: OptionTable = { quiet: flag('No progress, no result: the exit code says it') };

/** Our node of the DHT. */
const nodeOptions: OptionTable = {
  bootstrap: value('Begin here in the DHT, host:port, instead of where others do; may be repeated'),
  'dht-port': value('The UDP port of our DHT node, 1–65535 (default 6881, or as --port)'),
  'node-file': value('Where known DHT nodes are kept between runs'),
};

/** Who is asked for peers beside trackers. */
const discoveryOptions: OptionTable = {
  'no-dht': flag('Do not ask the DHT'),
  'no-lsd': flag('Do not look for peers in the local network'),
  ...nodeOptions,
};

/** What is fetched, and where to. */
const saveOptions: OptionTable = {
  'save-torrent': value('Write a .torrent file, too: what a magnet link stands for'),
  force: flag('Replace the file of --save-torrent'),
};

const fetchOptions: OptionTable = {
  output: value('A folder (it exists, or ends in /), or the file to write (default: here)', { alias: 'o' }),
  'max-peers': value('Connections at most, 1–1000 (default 200)'),
  order: value('rarest (the rarest piece first, default) or sequential'),
  'down-limit': value('Bytes of payload a second that come at most, for example 2M (default: no limit)'),
  'up-limit': value('Bytes of payload a second that go at most, for example 500K (default: no limit)'),
  'down-limit-each': value('The same, for each of several torrents'),
  'up-limit-each': value('The same, for each of several torrents'),
  memory: value('Memory for unfinished pieces, for example 64M (default 64M)'),
  recheck: flag('Do not trust notes of earlier runs: hash what is there'),
  timeout: value('Give up (exit 4) after this many seconds without progress'),
  quiet: flag('No progress, no result: the exit code says it'),
};

/** Where peers call us. */
const listening: OptionTable = {
  port: value('The TCP port where peers can call us, 1–65535 (default: the first free one of 6881–6889)'),
  'no-listen': flag('Nobody can call us'),
};

/** Who is asked for peers. */
const sourceOptions: OptionTable = {
  peer: value('Connect to this peer, host:port; may be repeated'),
  tracker: value('Ask this tracker too, http(s) or udp URL; may be repeated'),
  'no-trackers': flag("Do not ask the torrent's own trackers"),
  'no-pex': flag('Peers do not tell each other of others'),
  ...discoveryOptions,
  ...listening,
};

/** How what is there is given to others. */
const givingOptions: OptionTable = {
  ratio: value('Seed until so many times its length has been given, for example 1.5'),
  'seed-time': value('Seed for so many seconds'),
  'seed-idle': value('Seed until nobody has taken anything for so many seconds'),
  'super-seed': flag('Show each peer one piece at a time: for the first seed only'),
};
const slots: OptionTable = { slots: value('Peers served at one time, 1–500 (default: as many as the line bears)') };

export const downloadOptions: OptionTable = {
  ...sourceOptions,
  ...fetchOptions,
  ...saveOptions,
  seed: flag('Go on to seed when it is complete'),
  ...givingOptions,
  ...slots,
};

const seedless = ['output', 'order', 'memory', 'timeout', 'down-limit', 'down-limit-each'];

export const seedOptions: OptionTable = {
  ...sourceOptions,
  ...Object.fromEntries(Object.entries(fetchOptions).filter(([name]) => !seedless.includes(name))),
  ...givingOptions,
  ...slots,
};

export const dhtOptions: OptionTable = { ...nodeOptions, ...listening, ...fetchOptions, ...saveOptions };

export const peersOptions: OptionTable = {
  tracker: value('Ask this tracker too, http(s) or udp URL; may be repeated'),
  'no-trackers': flag("Do not ask the torrent's own trackers"),
  ...discoveryOptions,
  scrape: flag('Only what each tracker counts: seeds, leechers, downloads'),
  port: value('The port told to trackers, 1–65535 (default: any)'),
  count: value('Stop after so many peers'),
  timeout: value('Stop after this many seconds; exit 0 if there was a peer, else 4'),
};

export const infoOptions: OptionTable = {
  pieces: flag('All piece hashes, however many'),
  ...sourceOptions,
  port: value('The port told to trackers, 1–65535'),
  timeout: value('Give up (exit 4) after this many seconds, of a magnet link (default 60)'),
};

export const handshakeOptions: OptionTable = { timeout: value('Seconds to wait for what the peer says of itself (default 10)') };

export const greetOptions: OptionTable = {
  ...sourceOptions,
  count: value('Stop after so many peers (default 10)'),
  timeout: value('Stop after this many seconds (default 30); exit 0 if there was a peer, else 4'),
};

export const pieceOptions: OptionTable = {
  ...sourceOptions,
  output: value('The file to write; - is stdout', { alias: 'o' }),
  'max-peers': value('Connections at most, 1–1000 (default 50)'),
  timeout: value('Give up (exit 4) after this many seconds (default 60)'),
  quiet: flag('No result: the exit code says it'),
};

export const createOptions: OptionTable = {
  output: value('The .torrent to write, or a folder (it exists, or ends in /) for it (default: NAME.torrent here)', { alias: 'o' }),
  force: flag('Replace the .torrent if it is there already'),
  name: value('What the torrent is called (default: the name of the file or folder)'),
  tracker: value('Announce there, http(s) or udp URL; repeated: one tier each, with commas: one tier of several'),
  'web-seed': value('The same files are there, too, http(s) URL; may be repeated'),
  'piece-length': value('A power of two from 16K to 256M (default: by size)'),
  private: flag('Peers come from the trackers alone'),
  source: value('A word that makes the info-hash another one'),
  comment: value('A comment for people'),
  date: value('Creation date: now, or such as 2026-11-21 (default: none, so the same files make the same torrent)'),
  padding: flag('Each file begins with a piece'),
  links: value('What becomes of symbolic links: refuse (default), skip or follow'),
  quiet: flag('No progress, no result: the exit code says it'),
};

export const demoOptions: OptionTable = {
  size: value('How much to download, for example 64M (default 64M)'),
  quiet: flag('Only the result'),
};
