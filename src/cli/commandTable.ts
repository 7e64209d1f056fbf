import type { Command } from './command.ts';
import {
  common,
  compareOptions,
  createOptions,
  decodeOptions,
  demoOptions,
  dhtOptions,
  downloadOptions,
  drawOptions,
  greetOptions,
  handshakeOptions,
  infoOptions,
  peersOptions,
  publishOptions,
  pieceOptions,
  replayOptions,
  verifyOptions,
  seedOptions,
} from './args/options.ts';
import { streamOptions } from './args/streamOptions.ts';

const torrent = { type: 'string', describe: '.torrent file, the http(s) URL of one, or - for stdin' } as const;

const source = {
  type: 'string',
  describe: '.torrent file, its http(s) URL, a magnet link, an info-hash, or - for stdin',
} as const;
/** A usage line with `..` takes it many times. */
const several = { ...source, describe: `${source.describe}; may be given several times` } as const;
const recording = { type: 'string', describe: 'File that download or seed has written by --record' } as const;
const peer = { type: 'string', describe: 'Address of the peer, host:port; IPv6 as [2001:db8::7]:6881' } as const;

export const commands: Readonly<Record<string, Command>> = {
  download: {
    usage: 'download <source..>',
    about: 'Download and verify; resumes where it stopped. Several torrents share the port and the limits',
    positionals: { source: several },
    options: { ...downloadOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent -o downloads/', 'into a folder'],
      [
        "$0 show.torrent --files '*.mkv' --files '!*sample*'",
        'some of its files; by the numbers of info: --files 1,3-5',
      ],
      ['$0 film.torrent -o - | mpv -', 'watch it while it comes: nothing is written to disk'],
      ['$0 a.torrent b.torrent --down-limit 5M', 'two at once'],
      ['$0 a.torrent --no-trackers --peer 127.0.0.1:6881', 'from one peer only'],
    ],
    load: async () => (await import('./commands/download.ts')).download,
  },
  stream: {
    usage: 'stream <source>',
    about: 'Watch it while it comes: a URL for players and browsers. What they read is fetched first',
    positionals: { source },
    options: { ...streamOptions, ...common },
    examples: [
      ['$0 film.torrent --player mpv', 'opens mpv'],
      ['$0 show.torrent --file 3 -o downloads/', 'prints the URL of one episode'],
      ['$0 film.torrent --host 192.168.1.5', 'for other devices at home: the URL has a secret'],
    ],
    load: async () => (await import('./commands/stream.ts')).stream,
  },
  seed: {
    usage: 'seed <source> [path..]',
    about:
      'Upload a torrent whose data is here, or a file or folder: a torrent is made of it first. ' +
      'Until Ctrl-C, --ratio, --seed-time or --seed-idle',
    positionals: {
      source: {
        ...source,
        describe: `${source.describe}. Or a file or folder to share: what is there and is no .torrent file is content`,
      },
      path: {
        type: 'string',
        describe:
          'More of these. With torrents, one place for their data: the file, or the folder it was downloaded into ' +
          '(default: beside the .torrent, or here)',
      },
    },
    options: { ...seedOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent --ratio 2', 'the data is beside the .torrent or here; until the ratio is 2'],
      ['$0 a.torrent b.torrent downloads/', 'two at once, the data of both is in downloads/'],
      ['$0 film.mkv --tracker udp://tracker.example:6969', 'makes a torrent in memory and prints its magnet link'],
      ['$0 photos/ --save-torrent photos.torrent', 'also writes the .torrent'],
    ],
    load: async () => (await import('./commands/seed.ts')).seed,
  },
  info: {
    usage: 'info <source>',
    about: 'Show trackers, length, info-hash, pieces and files',
    positionals: { source },
    options: { ...infoOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent', 'as text'],
      ['$0 debian.iso.torrent --json --pieces', 'everything, as JSON'],
    ],
    load: async () => (await import('./commands/info.ts')).info,
  },
  peers: {
    usage: 'peers <source>',
    about: 'List addresses of peers and where each came from, until --count, --timeout or Ctrl-C',
    positionals: { source },
    options: { ...peersOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent --count 10', 'ten peers'],
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
      ['$0 debian.iso.torrent -o downloads/', 'without its trackers'],
      ['$0 a.torrent --bootstrap 192.0.2.7:6881', 'starting from that node'],
    ],
    load: async () => (await import('./commands/download.ts')).dht,
  },
  decode: {
    usage: 'decode [bencoded]',
    about: 'Print bencode as one line of JSON',
    positionals: { bencoded: { type: 'string', describe: 'Bencoded text, for example d3:bari1ee, or - for stdin' } },
    options: { ...decodeOptions, ...common },
    examples: [
      ['$0 l5:helloi52ee', '["hello",52]'],
      ['$0 --file debian.iso.torrent', 'bytes that are not UTF-8 become {"$hex":"…"}'],
    ],
    load: async () => (await import('./commands/decode.ts')).decode,
  },
  handshake: {
    usage: 'handshake <source> <peer>',
    about: 'Handshake with a peer: its peer id, client and reserved bits',
    positionals: { source, peer },
    options: { ...handshakeOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent 192.0.2.7:6881', 'peer id and client'],
      ['$0 89d97c2261a21b040cf11caa661a3ba7233bb7e6 [2001:db8::7]:6881', 'an info-hash is enough'],
    ],
    load: async () => (await import('./commands/handshake.ts')).handshake,
  },
  nhandshake: {
    usage: 'nhandshake <source> <peer>',
    about: 'Extended handshake: also extensions, metadata size, client version, DHT port',
    positionals: { source, peer },
    options: { ...handshakeOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent 192.0.2.7:6881', 'which extensions it has'],
      ['$0 debian.iso.torrent 192.0.2.7:6881 --json --timeout 3', 'as JSON'],
    ],
    load: async () => (await import('./commands/handshake.ts')).nhandshake,
  },
  magnet_handshake: {
    usage: 'magnet_handshake <source>',
    about: 'Extended handshake with all peers that can be found: peer id and id of the metadata extension',
    positionals: { source },
    options: { ...greetOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent', 'ten of its peers'],
      ['$0 debian.iso.torrent --count 1 --no-dht --json', 'the first one that answers, as JSON'],
    ],
    load: async () => (await import('./commands/greetAll.ts')).greetAll,
  },
  magnet_parse: {
    usage: 'magnet_parse <magnet>',
    about: 'Show what is in a magnet link: trackers, info-hash, name, peers, selected files',
    positionals: {
      magnet: { type: 'string', describe: 'Magnet link, magnet:?xt=urn:btih:…, in quotes, or - for stdin' },
    },
    options: { ...common },
    examples: [
      ["$0 'magnet:?xt=urn:btih:89d97c2261a21b040cf11caa661a3ba7233bb7e6&dn=debian.iso'", 'as text'],
      ["$0 'magnet:?xt=urn:btih:89d97c2261a21b040cf11caa661a3ba7233bb7e6' --json", 'as JSON'],
    ],
    load: async () => (await import('./commands/magnetParse.ts')).magnetParse,
  },
  download_piece: {
    usage: 'download_piece <source> <index>',
    about: 'Download one verified piece into the file named by -o',
    positionals: { source, index: { type: 'string', describe: 'Number of the piece, from 0' } },
    options: { ...pieceOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent 0 -o first.bin', 'the first piece'],
      ['$0 -o - debian.iso.torrent 7 --peer 192.0.2.7:6881 | sha1sum', 'from one peer, to stdout'],
    ],
    load: async () => (await import('./commands/downloadPiece.ts')).downloadPiece,
  },
  verify: {
    usage: 'verify <torrent> <path>',
    about: 'Check files on disk against a torrent; exit 0 when complete, 4 when not',
    positionals: {
      torrent,
      path: { type: 'string', describe: 'The data: the file, or the folder it was downloaded into' },
    },
    options: { ...verifyOptions, ...common },
    examples: [
      ['$0 debian.iso.torrent downloads/', 'data in that folder'],
      ['$0 debian.iso.torrent debian.iso --quiet', 'one file; only the exit code tells the result'],
    ],
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  replay: {
    usage: 'replay <recording>',
    about: 'Run a recorded download or seed again, in virtual time; exit 0 when it does the same, 4 where it parts',
    positionals: { recording },
    options: { ...replayOptions, ...common },
    examples: [
      ['$0 session.rxrec', 'does this version still do the same?'],
      ['$0 session.rxrec --order sequential', 'where another order begins to make a difference'],
    ],
    load: async () => (await import('./commands/replay.ts')).replayed,
  },
  draw: {
    usage: 'draw <recording>',
    about: 'Draw a recorded download as marble diagrams, scaled so that they fit the terminal, or as a page',
    positionals: { recording },
    options: { ...drawOptions, ...common },
    examples: [
      ['$0 session.rxrec --peer 192.0.2.7:6881 --from 10s --to 12s', 'what one peer and we said in two seconds'],
      ['$0 session.rxrec --html session.html', 'all of it, to zoom'],
    ],
    load: async () => (await import('./commands/draw.ts')).drawn,
  },
  compare: {
    usage: 'compare <strategy> <other>',
    about: 'Compare two strategies in a virtual swarm, with the same seeds: which is faster, wastes less, gives more',
    positionals: {
      strategy: { type: 'string', describe: 'JavaScript module (.mjs) as for --strategy; default is none' },
      other: { type: 'string', describe: 'Another one' },
    },
    options: { ...compareOptions, ...common },
    examples: [
      ['$0 default ./mine.mjs', 'is mine better than none?'],
      ['$0 ./a.mjs ./b.mjs --swarm session.rxrec --seeds 50', 'in a swarm like one that was recorded'],
    ],
    load: async () => (await import('./commands/compare.ts')).compare,
  },
  create: {
    usage: 'create <path>',
    about: 'Create a .torrent file and a magnet link from a file or folder',
    positionals: { path: { type: 'string', describe: 'File or folder to share' } },
    options: { ...createOptions, ...common },
    examples: [
      ['$0 photos/ --tracker udp://tracker.example:6969', 'writes photos.torrent'],
      ['$0 film.mkv -o film.torrent --private --source example', 'for a private tracker'],
    ],
    load: async () => (await import('./commands/create.ts')).create,
  },
  publish: {
    usage: 'publish <source>',
    about:
      "Name a torrent by a publisher's key in the DHT, until Ctrl-C: the link that is printed leads to " +
      'what was published last',
    positionals: { source },
    options: { ...publishOptions, ...common },
    examples: [
      ['$0 week-1.torrent --key my.key --create-key', 'prints the link'],
      ['$0 week-2.torrent --key my.key', 'the same link leads there from now on'],
      ['$0 films.torrent --key my.key --salt films --once', 'another link of the same key'],
    ],
    load: async () => (await import('./commands/publish.ts')).publish,
  },
  demo: {
    usage: 'demo',
    about: 'Try it: a tracker, three seeds and a download, all on this machine',
    positionals: {},
    options: { ...demoOptions, ...common },
    examples: [
      ['$0', 'a few seconds to look at'],
      ['$0 --size 4M --verbose=peer', 'with every message of the peers'],
      ['$0 --size 16M --faults lossy=0.01,delayed=50ms,lying=0.002', 'in a worse world'],
    ],
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  completion: {
    usage: 'completion <shell>',
    about: 'Print the completion script of a shell',
    positionals: { shell: { type: 'string', describe: 'The shell: bash, zsh or fish' } },
    options: common,
    examples: [
      ['source <($0 bash)', 'in ~/.bashrc; for zsh in ~/.zshrc the same with zsh'],
      ['$0 fish | source', 'in ~/.config/fish/config.fish'],
    ],
    load: async () => (await import('./commands/completion.ts')).completion(commands),
  },
};
