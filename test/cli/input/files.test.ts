import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { contentOf } from '../../swarm/content.ts';
import { peer } from '../../swarm/fixture.ts';
import { withMetadata } from '../../swarm/metadata.ts';
import { type Ended, folder, run, start } from '../run.ts';

const P = 32_768;

/** Each file is whole pieces, so that the pieces asked for tell the files. */
const content = contentOf({
  name: 'show',
  pieceLength: P,
  files: [
    { path: ['readme.nfo'], length: P },
    { path: ['Season 1', 'e1.mkv'], length: 2 * P },
    { path: ['Season 1', 'e2.mkv'], length: P },
    { path: ['Season 2', 'e1.mkv'], length: P },
  ],
});

const setUp = async () => {
  const seed = await peer(content, withMetadata(content));
  const home = folder();
  const file = join(home, 'show.torrent');
  writeFileSync(file, content.metainfo);
  const at = `127.0.0.1:${seed.port}`;
  return {
    home,
    file,
    from: ['--no-trackers', '--peer', at],
    link: `magnet:?xt=urn:btih:${toHex(content.torrent.infoHash)}&x.pe=${at}`,
    seed,
  };
};

const pieces = (seed: { wholePieces(): readonly number[] }): readonly number[] =>
  seed.wholePieces().toSorted((a, b) => a - b);

describe('download --files', () => {
  it.each([
    [['1,3'], [0, 3]],
    [['*.mkv'], [1, 2, 3, 4]],
    [['!*.nfo'], [1, 2, 3, 4]],
    [['Season 1/', '!e1.*', '4'], [3]],
  ])('%j', async (values, wanted) => {
    const { home, file, from, seed } = await setUp();
    const { code, stderr } = await run([
      'download',
      file,
      '-o',
      `${home}/`,
      ...from,
      '--quiet',
      ...values.flatMap((value) => ['--files', value]),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(pieces(seed)).toEqual(wanted);
  });

  it('dht takes it, too, and the environment has one pattern a line', async () => {
    expect((await run(['dht', '--help'])).stdout).toContain('--files');
    const { home, file, from, seed } = await setUp();
    const env = { RXTORRENT_FILES: '!Season 1/*\n!readme.nfo' };
    expect(await run(['download', file, '-o', `${home}/`, ...from, '--quiet'], { env })).toMatchObject({ code: 0 });
    expect(pieces(seed)).toEqual([4]);
  });

  it('goes before what a magnet link selects', async () => {
    const { home, link, seed } = await setUp();
    expect(await run(['download', `${link}&so=0`, '-o', `${home}/`, '--quiet', '--files', '4'])).toMatchObject({
      code: 0,
    });
    expect(pieces(seed)).toEqual([4]);
    expect(await run(['download', `${link}&so=0`, '-o', `${home}/other/`, '--quiet'])).toMatchObject({ code: 0 });
    expect(pieces(seed)).toEqual([0, 4]);
  });

  it.each([
    ['9', 'there are 4 files, counted from 1'],
    ['*.iso', 'none of 4 files has such a name'],
    ['2-1', '2-1 ends before it begins'],
  ])('%s is refused before anybody is asked and anything is written', async (value, why) => {
    const { home, file, from, seed } = await setUp();
    const { code, stderr } = await run(['download', file, '-o', join(home, 'new'), ...from, '--files', value]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) as string });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(seed.talks).toHaveLength(0);
    expect(existsSync(join(home, 'new'))).toBe(false);
  });

  it('is refused for a magnet link, too, as soon as it is known what there is', async () => {
    const { home, link } = await setUp();
    const { code, stderr } = await run(['download', link, '-o', join(home, 'new/'), '--files', '9']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('there are 4 files') as string });
    expect(existsSync(join(home, 'new'))).toBe(false);
  });
});

/** Makes a process believe that it stands in a terminal. */
const inTerminal = (): { readonly node: readonly string[]; readonly open: true } => {
  const file = join(folder(), 'terminal.mjs');
  writeFileSync(
    file,
    `import { clearLine, cursorTo, moveCursor } from 'node:readline';
    const { stdin, stderr } = process;
    Object.assign(stdin, { isTTY: true, setRawMode: () => stdin });
    Object.assign(stderr, { isTTY: true, columns: 80, rows: 24, getColorDepth: () => 1, hasColors: () => false });
    for (const [name, move] of Object.entries({ clearLine, cursorTo, moveCursor }))
      stderr[name] = (...at) => move(stderr, ...at);`,
  );
  return { node: ['--import', file], open: true };
};

/** Types what answers each question as it comes. */
const answering = async (args: readonly string[], ...answers: readonly string[]): Promise<Ended> => {
  const running = start(args, inTerminal());
  for (const [at, keys] of answers.entries()) {
    await running.says(new RegExp(`(enter goes on[^]*){${at + 1}}`));
    running.type(keys);
  }
  running.hangUp();
  return running.ended;
};

const [DOWN, ENTER, CTRL_C] = ['\x1b[B', '\r', '\x03'];

describe('--choose', () => {
  it('asks which files, and fetches those', async () => {
    const { home, file, from, seed } = await setUp();
    const input = ` ${DOWN} ${DOWN}${DOWN} ${ENTER}`;
    const { code, stdout, stderr } = await answering(
      ['download', file, '-o', `${home}/`, ...from, '--choose', '--json'],
      input,
    );
    expect(code).toBe(0);
    expect(pieces(seed)).toEqual([3]);
    expect(stderr).toContain('show: 1 of 4 files, 32.0 KiB');
    for (const line of stdout.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('asks of a magnet link as soon as it is known what there is, with what the link selects ticked', async () => {
    const { home, link, seed } = await setUp();
    const { code, stderr } = await answering(['download', `${link}&so=0,2`, '-o', `${home}/`, '--choose'], ` ${ENTER}`);
    expect({ code, asked: stderr.includes('show: 1 of 4 files') }).toEqual({ code: 0, asked: true });
    expect(pieces(seed)).toEqual([3]);
  });

  it('gives the user time: --timeout does not count while the question is there', async () => {
    const { home, link } = await setUp();
    const running = start(['download', link, '-o', `${home}/`, '--choose', '--timeout', '1'], inTerminal());
    await running.says(/enter goes on/);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    running.type(ENTER);
    running.hangUp();
    expect((await running.ended).code).toBe(0);
  });

  it('asks one torrent after the other, with what --files names ticked', async () => {
    const { home, file, from } = await setUp();
    const other = contentOf({ name: 'other', files: content.torrent.files, pieceLength: P, seed: 2 });
    writeFileSync(join(home, 'other.torrent'), other.metainfo);
    const both = [
      'download',
      file,
      join(home, 'other.torrent'),
      '-o',
      `${home}/`,
      ...from,
      '--choose',
      '--files',
      '4',
      '--timeout',
      '1',
    ];
    const { stderr } = await answering(both, ENTER, ` a${ENTER}`);
    const asked = [...stderr.matchAll(/(show|other): (\d) of 4 files/g)].map(([all]) => all);
    expect(asked.filter((line, at) => line !== asked[at - 1])).toEqual(['show: 1 of 4 files', 'other: 4 of 4 files']);
  });

  it.each(['download', 'magnet', 'several'])('Ctrl-C ends it all with 130: %s', async (kind) => {
    const { home, file, from, link, seed } = await setUp();
    const other = join(home, 'other.torrent');
    writeFileSync(other, contentOf({ name: 'other', files: content.torrent.files, pieceLength: P, seed: 2 }).metainfo);
    const source = kind === 'magnet' ? [link] : [file, ...from, ...(kind === 'several' ? [other] : [])];
    const { code } = await answering(['download', ...source, '-o', join(home, 'new'), '--choose'], CTRL_C);
    expect(code).toBe(130);
    expect(pieces(seed)).toEqual([]);
    expect(existsSync(join(home, 'new'))).toBe(false);
  });

  it('a signal takes the question away', async () => {
    const { home, file, from } = await setUp();
    const running = start(['download', file, '-o', `${home}/`, ...from, '--choose'], inTerminal());
    await running.says(/enter goes on/);
    running.kill('SIGTERM');
    expect((await running.ended).code).toBe(130);
  });

  it('without a terminal it says what to do instead', async () => {
    const { home, file, from } = await setUp();
    expect(await run(['download', file, '-o', `${home}/`, ...from, '--choose'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'rxtorrent: --choose asks in a terminal, and this is none: ' +
        'name the files with --files, for example --files 1,3-5\n',
    });
  });
});
