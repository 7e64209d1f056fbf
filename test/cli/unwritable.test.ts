import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, fixture, folder, run } from './run.ts';

const numbers = fixture('numbers.torrent');

/** Nobody that is refused nothing: root loses its rights first. */
const unprivileged = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> => {
  const drop = join(folder(), 'drop.cjs');
  writeFileSync(
    drop,
    'if (process.getuid?.() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }',
  );
  return run(args, { node: ['-r', drop], env });
};

/** A place where nobody else may write, with a file that nobody else may read. */
const closed = (): { readonly place: string; readonly secret: string; readonly text: string } => {
  const place = folder();
  const secret = join(place, 'secret');
  const text = join(place, 'text');
  writeFileSync(secret, 'i1e');
  writeFileSync(text, 'some text');
  mkdirSync(join(place, 'folder'));
  symlinkSync('circle', join(place, 'circle'));
  chmodSync(secret, 0o000);
  chmodSync(place, 0o555);
  return { place, secret, text };
};

const ONE_LINE = /^rxtorrent: [^\n]+\n$/;
/** As Node has it. */
const RAW = /\bE[A-Z]{3,}\b|syscall|errno/;

describe('what can not be read or written is one line that says what to try', () => {
  it.each<[what: string, args: (at: ReturnType<typeof closed>) => readonly string[], code: number, says: RegExp]>([
    [
      'create',
      ({ text, place }) => ['create', text, '-o', join(place, 'x.torrent')],
      3,
      /can't write .*x\.torrent: no permission; check its permissions/,
    ],
    [
      'create, of a file',
      ({ secret }) => ['create', secret, '-o', '/tmp/never.torrent'],
      3,
      /can't read .*secret: no permission; check/,
    ],
    [
      'decode',
      ({ secret }) => ['decode', '--file', secret],
      2,
      /cannot read .*secret: no permission: check its permissions/,
    ],
    [
      'decode of a file in a file',
      ({ text }) => ['decode', '--file', join(text, 'x')],
      2,
      /a part of its path is a file, not a folder: check the path/,
    ],
    [
      'decode of a link to itself',
      ({ place }) => ['decode', '--file', join(place, 'circle')],
      2,
      /its symbolic links go round in a circle: check/,
    ],
    ['decode of a long path', () => ['decode', '--file', `/${'x'.repeat(300)}`], 2, /the path is too long: check it/],
    ['info', ({ secret }) => ['info', secret], 2, /cannot read .*secret: no permission: check/],
    [
      '--save-torrent',
      ({ place }) => ['download', numbers, '--save-torrent', join(place, 'x.torrent')],
      3,
      /can't write .*x\.torrent: no permission; check/,
    ],
    [
      '--save-torrent, a folder',
      ({ place }) => ['download', numbers, '--save-torrent', join(place, 'folder')],
      2,
      /is a folder: name the file to write/,
    ],
    [
      '--save-torrent, a file',
      ({ text }) => ['download', numbers, '--save-torrent', text],
      2,
      /exists already: name another file, or give --force/,
    ],
    [
      '--node-file',
      ({ place }) => ['download', numbers, '--node-file', join(place, 'new', 'nodes')],
      3,
      /can't write .*nodes: no permission; check/,
    ],
    [
      '--node-file, a folder',
      ({ place }) => ['peers', numbers, '--node-file', join(place, 'folder')],
      2,
      /is a folder: name the file to write/,
    ],
    [
      '--node-file in a file',
      ({ text }) => ['peers', numbers, '--node-file', join(text, 'nodes')],
      2,
      /text is a file, not a folder: name another place/,
    ],
    [
      'download_piece',
      ({ place }) => ['download_piece', numbers, '0', '-o', join(place, 'piece')],
      3,
      /can't write .*piece: no permission; check/,
    ],
  ])('%s', async (_, args, code, says) => {
    const ended = await unprivileged(args(closed()), {
      RXTORRENT_NO_DHT: '0',
      RXTORRENT_BOOTSTRAP: '127.0.0.1:9',
      RXTORRENT_NO_TRACKERS: '1',
    });
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).toMatch(ONE_LINE);
    expect(ended.stderr).not.toMatch(RAW);
    expect(ended).toMatchObject({ code, stdout: '' });
  });

  it('--node-file without the DHT is ignored', async () => {
    const { place } = closed();
    const { stderr } = await unprivileged(
      ['peers', numbers, '--no-trackers', '--timeout', '1', '--node-file', join(place, 'nodes')],
      {
        RXTORRENT_NO_DHT: '1',
      },
    );
    expect(stderr).not.toContain(place);
  });

  it('and a device may be written to wherever it is', async () => {
    expect(
      (await unprivileged(['download_piece', numbers, '0', '-o', '/dev/null', '--timeout', '1'])).stderr,
    ).not.toContain('/dev/null');
  });
});
