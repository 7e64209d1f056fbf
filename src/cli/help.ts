import { aliases } from './aliases.ts';
import { commands } from './commands.ts';
import { fit } from './views/text.ts';

/** The commands by what one wants to do, each in few words. */
export const groups: readonly (readonly [job: string, what: Readonly<Record<string, string>>])[] = [
  [
    'get',
    {
      download: 'Fetch it all; goes on where it stopped',
      dht: 'The same, with the DHT as only source',
      download_piece: 'One verified piece, into a file',
    },
  ],
  [
    'look',
    {
      info: 'Trackers, hash, pieces and files',
      peers: 'Who has it, and who says so',
      magnet_parse: 'What a magnet link says',
      decode: 'Bencode as JSON',
    },
  ],
  ['greet', { handshake: 'Who is there: peer id and client', nhandshake: 'And what it speaks: its extensions', magnet_handshake: 'And whoever can be found' }],
  ['give', { create: 'A .torrent, and its magnet link', seed: 'Serve it to others', verify: 'Hash what is on disk' }],
  ['try', { demo: 'A swarm and a download on this machine', completion: 'Completion for bash, zsh or fish' }],
];

/** Columns for the job, and for name and arguments. */
const JOB = 7;
const USAGE = 34;

/** All commands on one screen of 24 lines. */
export const overviewLines = (width = 80): readonly string[] => [
  'rxtorrent <command>: BitTorrent, from announce to byte on disk',
  '',
  ...groups.flatMap(([job, briefs]) =>
    Object.entries(briefs)
      .filter(([name]) => Object.hasOwn(commands, name))
      .map(([name, brief], at) => fit(`${(at === 0 ? job : '').padEnd(JOB)}${commands[name]?.usage.padEnd(USAGE)}${brief}`, width)),
  ),
  '',
  '<source>: a .torrent, its http(s) URL, a magnet link or an info-hash',
  `Also as before: ${Object.keys(aliases).join(', ')}`,
  'rxtorrent <command> --help has options and examples; in the environment',
  '--max-peers is RXTORRENT_MAX_PEERS. Exit codes: 0 done, 2 bad input,',
  '3 storage, 4 gave up, 70 our defect, 130 interrupted',
];
