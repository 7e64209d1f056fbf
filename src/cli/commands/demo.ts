import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diskError } from '../../disk/errors/diskError.ts';
import { InvariantError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { type DemoContent, demoContent, NAME, TORRENT } from '../demo/content.ts';
import { Interrupted } from '../io/exit.ts';
import type { Given, Io } from '../io/io.ts';
import { readTorrent } from '../input/torrentFile.ts';
import { flag, size } from '../args/values.ts';
import { bytes } from '../io/units.ts';
import { download } from './download.ts';
import { type Fault, faulty } from '../../faults/index.ts';
import { faultsOf } from '../input/faults.ts';
import { FaultCount } from '../demo/faultCount.ts';

const MiB = 2 ** 20;
/** Bytes a second of all seeds together, so that the demo takes a few seconds, whatever the size. */
const RATE = 16 * MiB;
const SIZE = 64 * MiB;

/** Signals that a terminal sends to all processes in it. */
const INTERRUPTS: ReadonlySet<unknown> = new Set<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP']);

const script = fileURLToPath(new URL(`../demo/swarm${extname(import.meta.url)}`, import.meta.url));

/** Starts the tracker and the seeds in a child process; resolves when they are ready. */
const startSwarm = async (home: string, length: number, { stopped }: Io): Promise<ChildProcess> => {
  const child = fork(script, [home, String(length), String(RATE)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const heard: unknown[] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (heard[0] === 'ready') return child;
  // Ctrl-C also kills a child that does not ignore it yet, perhaps a moment before we receive the signal: that is no
  // failure.
  stopped.throwIfAborted();
  if (INTERRUPTS.has(heard[1])) throw new Interrupted();
  throw new InvariantError('the seeds of the demo did not start');
};

/** Releases the child: it ends by itself as soon as it notices, and removes the folder unless told to keep it. */
const endSwarm = async (child: ChildProcess | undefined, keep: boolean): Promise<void> => {
  if (!child?.connected) return;
  const ended = once(child, 'exit');
  if (keep) child.send('keep', () => child.disconnect());
  else child.disconnect();
  await ended;
};

const equal = (path: string, expected: Buffer): boolean => {
  const fd = openSync(path, 'r');
  try {
    const found = Buffer.alloc(expected.length + 1);
    return (
      readSync(fd, found, 0, found.length, 0) === expected.length && found.subarray(0, expected.length).equals(expected)
    );
  } finally {
    closeSync(fd);
  }
};

const compare = (folder: string, { files, bytes: all }: DemoContent): void => {
  for (const { path, offset, length } of files) {
    if (!equal(join(folder, ...path), all.subarray(offset, offset + length)))
      throw new InvariantError(`${join(folder, ...path)} is not what the seeds have`);
  }
};

/** How the reader calls us: by name when installed, else by path. */
const self = (): string => {
  const called = process.argv[1] ?? '';
  const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
  return called.endsWith('rxtorrent') ? 'rxtorrent' : `node ${relative(process.cwd(), main)}`;
};

const nextSteps = (torrent: string, folder: string, kept: boolean): readonly string[] => {
  if (!kept) return [`${self()} demo --keep`, `${self()} create photos/`];
  const verify = `${self()} verify ${torrent} ${folder}`;
  return [
    `${self()} info ${torrent}`,
    verify,
    `printf oops | dd conv=notrunc of=${join(folder, 'README.txt')}; ${verify}`,
  ];
};

const resultLines = (
  torrent: string,
  folder: string,
  files: DemoContent['files'],
  kept: boolean,
): readonly string[] => [
  '',
  'Every file is byte for byte what the seeds have:',
  ...files.map(({ path, length }) => `  ${bytes(length).padStart(9)}  ${join(kept ? folder : NAME, ...path)}`),
  ...(kept ? [] : ['They were in a temporary folder, which is removed again.']),
  '',
  'Try next:',
  ...[...nextSteps(torrent, folder, kept), `${self()} download some.torrent -o downloads/`, `${self()} --help`].map(
    (line) => `  ${line}`,
  ),
];

/** A new folder that no other program uses. @throws StorageError */
const temporaryFolder = (): string => {
  const start = join(tmpdir(), 'rxtorrent-demo-');
  try {
    return mkdtempSync(start);
  } catch (error) {
    throw diskError('create a folder in', tmpdir(), error);
  }
};

const remove = async (folder: string): Promise<void> => {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw diskError('remove', folder, error);
  }
};

/** Downloads from the swarm, which is on this machine only, in a world with the faults that were asked for. */
const fetchContent = (given: Given, io: Io, torrent: string, home: string, faults: readonly Fault[]): Promise<void> =>
  download(
    {
      ...given,
      source: torrent,
      output: `${home}/`,
      // Peers that are banned or cut off are away for a minute or more.
      timeout: faults.length > 0 ? '300' : '60',
      'no-dht': true,
      'no-lsd': true,
      'no-listen': true,
      notes: flag(given, 'keep'),
    },
    io,
    { kept: false, ...(faults.length > 0 && { around: (env) => faulty(env, ...faults) }) },
  );

/** Reports that the download is right, and where it is if it is kept. */
const tellResult = async (
  given: Given,
  io: Io,
  torrent: string,
  folder: string,
  content: DemoContent,
  count: FaultCount,
): Promise<void> => {
  const keep = flag(given, 'keep');
  if (io.json) {
    const { infoHash } = await readTorrent(torrent, io);
    const faults = count.all.length > 0 && { faults: count.all };
    io.json.tell({ type: 'demo', ...(keep && { file: torrent, folder }), identical: true, ...faults }, toHex(infoHash));
  } else if (!flag(given, 'quiet'))
    io.print([...count.lines, ...resultLines(torrent, folder, content.files, keep)].join('\n'));
  else io.print(keep ? folder : 'every file is byte for byte what the seeds have');
};

/**
 * `rxtorrent demo`: a tracker, three seeds and a real download, all on this machine, with `--faults` in a worse world.
 * Without `--keep` everything is removed at the end.
 */
export const demo = async (given: Given, io: Io): Promise<void> => {
  const length = size(given, 'size', MiB, 1024 * MiB) ?? SIZE;
  const count = new FaultCount();
  const faults = faultsOf(given, (name) => count.add(name));
  io.json?.hold();
  const home = temporaryFolder();
  const torrent = join(home, TORRENT);
  let child: ChildProcess | undefined;
  let complete = false;
  try {
    if (!io.json && !flag(given, 'quiet'))
      io.say('Starting a tracker and three seeds, one of them slow, in another process of this machine …');
    child = await startSwarm(home, length, io);
    io.stopped.throwIfAborted();
    await fetchContent(given, io, torrent, home, faults);
    const content = demoContent(length);
    const folder = join(home, NAME);
    compare(folder, content);
    complete = true;
    await tellResult(given, io, torrent, folder, content, count);
  } finally {
    const stays = complete && flag(given, 'keep');
    await endSwarm(child, stays);
    if (!stays) await remove(home);
  }
};
