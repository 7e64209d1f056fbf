import type { PositionalOptions } from 'yargs';
import type { Given, Io } from './io.ts';
import {
  common,
  createOptions,
  decodeOptions,
  demoOptions,
  dhtOptions,
  downloadOptions,
  greetOptions,
  handshakeOptions,
  infoOptions,
  type OptionTable,
  peersOptions,
  pieceOptions,
  verifyOptions,
  seedOptions,
} from './options.ts';

/** One command. Its code is loaded only when it is to run: `info` and `--help` wait for nothing they do not need. */
export interface Command {
  /** Name and arguments, as the help shows them. */
  readonly usage: string;
  readonly about: string;
  readonly positionals: Readonly<Record<string, PositionalOptions>>;
  readonly options: OptionTable;
  readonly examples: readonly (readonly [line: string, about: string])[];
  load(): Promise<(given: Given, io: Io) => Promise<void>>;
}

const torrent = { type: 'string', describe: 'A .torrent file, or the http(s) URL of one' } as const;

const source = { type: 'string', describe: 'A .torrent file, its http(s) URL, a magnet link, or an info-hash' } as const;
const peer = { type: 'string', describe: 'host:port, IPv6 as [2001:db8::7]:6881' } as const;

export const commands: Readonly<Record<string, Command>> = {
  download: {
    usage: 'download <source..>',
    about: 'Download, verify, write; goes on where it stopped. Several torrents share the port and the limits',
    positionals: { source },
    options: { ...downloadOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent -o downloads/', 'into a folder'],
      ['$0 a.torrent b.torrent --down-limit 5M', 'two at the same time'],
      ['$0 a.torrent --no-trackers --peer 127.0.0.1:6881', 'from one peer'],
    ],
    load: async () => (await import('./commands/download.ts')).download,
  },
  seed: {
    usage: 'seed <source> <path..>',
    about: 'Check what is there and give it to others, until Ctrl-C, --ratio, --seed-time or --seed-idle',
    positionals: { source, path: { type: 'string', describe: 'The file, or the folder it was downloaded into; before it more torrents, in the same folder' } },
    options: { ...seedOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent downloads/ --ratio 2', 'until twice its length is given'],
      ['$0 a.torrent b.torrent downloads/', 'two at the same time'],
      ['$0 debian.iso.torrent debian.iso --up-limit 500K', 'one file, at half a mebibyte a second, until Ctrl-C'],
    ],
    load: async () => (await import('./commands/download.ts')).seed,
  },
  info: {
    usage: 'info <source>',
    about: 'Trackers, length, info-hash, pieces and files',
    positionals: { source },
    options: { ...infoOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent', 'for people'],
      ['$0 debian.iso.torrent --json --pieces', 'everything, for a program'],
    ],
    load: async () => (await import('./commands/info.ts')).info,
  },
  peers: {
    usage: 'peers <source>',
    about: 'The addresses of peers, live, with who named them; until --count, --timeout or Ctrl-C',
    positionals: { source },
    options: { ...peersOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent --count 10', 'ten of them'],
      ['$0 debian.iso.torrent --scrape', 'seeds and leechers by tracker'],
    ],
    load: async () => (await import('./commands/peers.ts')).peers,
  },
  dht: {
    usage: 'dht <source>',
    about: 'Download with the DHT as the only source of peers',
    positionals: { source },
    options: { ...dhtOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent -o downloads/', 'as if its trackers were gone'],
      ['$0 a.torrent --bootstrap 192.0.2.7:6881', 'in the DHT of that node'],
    ],
    load: async () => (await import('./commands/download.ts')).dht,
  },
  decode: {
    usage: 'decode [bencoded]',
    about: 'Bencode as one line of JSON',
    positionals: { bencoded: { type: 'string', describe: 'For example d3:bari1ee' } },
    options: { ...decodeOptions, ...common },
    examples: [
      ['$0 l5:helloi52ee', '["hello",52]'],
      ['$0 --file debian.iso.torrent', 'bytes that are no UTF-8 are {"$hex":"…"}'],
    ],
    load: async () => (await import('./commands/decode.ts')).decode,
  },
  handshake: {
    usage: 'handshake <source> <peer>',
    about: 'Who is at host:port: peer id, client, reserved bits',
    positionals: { source, peer },
    options: { ...handshakeOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent 192.0.2.7:6881', 'peer id and client'],
      ['$0 89d97c2261a21b040cf11caa661a3ba7233bb7e6 [2001:db8::7]:6881', 'the info-hash is enough'],
    ],
    load: async () => (await import('./commands/handshake.ts')).handshake,
  },
  nhandshake: {
    usage: 'nhandshake <source> <peer>',
    about: 'The same, and extensions, metadata size, client version, DHT port',
    positionals: { source, peer },
    options: { ...handshakeOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent 192.0.2.7:6881', 'what it speaks'],
      ['$0 debian.iso.torrent 192.0.2.7:6881 --json --timeout 3', 'for a program'],
    ],
    load: async () => (await import('./commands/handshake.ts')).nhandshake,
  },
  magnet_handshake: {
    usage: 'magnet_handshake <source>',
    about: 'The same with whoever can be found: peer id and id of the metadata extension, of each',
    positionals: { source },
    options: { ...greetOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent', 'ten of its peers'],
      ['$0 debian.iso.torrent --count 1 --no-dht --json', 'the first one that answers, for a program'],
    ],
    load: async () => (await import('./commands/greetAll.ts')).greetAll,
  },
  magnet_parse: {
    usage: 'magnet_parse <magnet>',
    about: 'What a magnet link says: trackers, info-hash, name, peers, selected files',
    positionals: { magnet: { type: 'string', describe: 'magnet:?xt=urn:btih:…, in quotes' } },
    options: { ...common },
    examples: [
      ["$0 'magnet:?xt=urn:btih:89d97c2261a21b040cf11caa661a3ba7233bb7e6&dn=debian.iso'", 'for people'],
      ["$0 'magnet:?xt=urn:btih:89d97c2261a21b040cf11caa661a3ba7233bb7e6' --json", 'for a program'],
    ],
    load: async () => (await import('./commands/magnetParse.ts')).magnetParse,
  },
  download_piece: {
    usage: 'download_piece <source> <index>',
    about: 'One verified piece, into the file named by -o',
    positionals: { source, index: { type: 'string', describe: 'Number of the piece, from 0' } },
    options: { ...pieceOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent 0 -o first.bin', 'the first'],
      ['$0 -o - debian.iso.torrent 7 --peer 192.0.2.7:6881 | sha1sum', 'from one peer, to stdout'],
    ],
    load: async () => (await import('./commands/downloadPiece.ts')).downloadPiece,
  },
  verify: {
    usage: 'verify <torrent> <path>',
    about: 'Hash the files on disk; exit 0 when complete, 4 when not',
    positionals: { torrent, path: { type: 'string', describe: 'The file, or the folder the torrent was downloaded into' } },
    options: { ...verifyOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent downloads/', 'what was downloaded into that folder'],
      ['$0 debian.iso.torrent debian.iso --quiet', 'one file; the exit code says it'],
    ],
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  create: {
    usage: 'create <path>',
    about: 'Make a .torrent of a file or a folder, and its magnet link',
    positionals: { path: { type: 'string', describe: 'The file or folder to share' } },
    options: { ...createOptions, ...common },
    examples: [
      ['$0 photos/ --tracker udp://tracker.example:6969', 'photos.torrent'],
      ['$0 film.mkv -o film.torrent --private --source example', 'for one tracker alone'],
    ],
    load: async () => (await import('./commands/create.ts')).create,
  },
  demo: {
    usage: 'demo',
    about: 'A tracker, three seeds and a download, all on this machine',
    positionals: {},
    options: { ...demoOptions, ...common },
    examples: [
      ['$0', 'a few seconds to look at'],
      ['$0 --size 4M --verbose=peer', 'all that the peers say to each other'],
    ],
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  completion: {
    usage: 'completion <shell>',
    about: 'The script by which bash, zsh or fish complete what you type',
    positionals: { shell: { type: 'string', describe: 'bash, zsh or fish' } },
    options: common,
    examples: [
      ['source <($0 bash)', 'in ~/.bashrc; for zsh in ~/.zshrc the same with zsh'],
      ['$0 fish | source', 'in ~/.config/fish/config.fish'],
    ],
    load: async () => (await import('./commands/completion.ts')).completion(commands),
  },
};
