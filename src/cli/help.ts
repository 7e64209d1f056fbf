import { aliases } from './args/aliases.ts';
import { commands } from './commandTable.ts';
import { fit } from './io/text.ts';

/** The commands by what the user wants to do, each in few words. */
export const groups: readonly (readonly [job: string, what: Readonly<Record<string, string>>])[] = [
  [
    'get',
    {
      download: 'Download; resumes where it stopped',
      stream: 'Watch it while it comes',
      dht: 'Download with the DHT alone',
      download_piece: 'Download one verified piece',
    },
  ],
  [
    'look',
    {
      info: 'Show trackers, hash, pieces and files',
      peers: 'List peers, and where each came from',
      magnet_parse: 'Show what is in a magnet link',
      decode: 'Print bencode as JSON',
    },
  ],
  [
    'greet',
    {
      handshake: 'Ask a peer: its id and client',
      nhandshake: 'Ask a peer: also its extensions',
      magnet_handshake: 'Ask all peers that can be found',
    },
  ],
  [
    'give',
    {
      create: 'Create a .torrent and a magnet link',
      publish: 'Name it by a key, in the DHT',
      seed: 'Upload existing data',
      verify: 'Check files on disk',
    },
  ],
  ['again', { replay: 'Is a recorded download the same again?', draw: 'Draw a recorded download as marbles' }],
  [
    'try',
    {
      compare: 'Which of two strategies is better?',
      demo: 'A swarm and a download, all local',
      completion: 'Completion for bash, zsh or fish',
    },
  ],
];

/** Columns for the job, and for name and arguments. */
const JOB = 7;
const USAGE = 34;

/** All commands on one screen of 24 lines. */
export const overviewLines = (width = 80): readonly string[] => [
  'rxtorrent <command> [--help]; <source>: .torrent, URL, magnet, info-hash, -',
  ...groups.flatMap(([job, briefs]) =>
    Object.entries(briefs)
      .filter(([name]) => Object.hasOwn(commands, name))
      .map(([name, brief], at) =>
        fit(`${(at === 0 ? job : '').padEnd(JOB)}${commands[name]?.usage.padEnd(USAGE)}${brief}`, width),
      ),
  ),
  `Also ${Object.keys(aliases).join(', ')}; RXTORRENT_MAX_PEERS=9`,
  'Exit: 0 done, 2 bad input, 3 storage, 4 gave up, 70 our defect, 130 interrupted',
];
