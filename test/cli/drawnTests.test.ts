import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { bodiesOf } from '../recording/bodies.ts';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { withMetadata } from '../swarm/metadata.ts';
import { bytesV2 } from '../torrent/metainfo/madeV2.ts';
import { freePort } from './ports.ts';
import { folder, run, start } from './run.ts';

const contents = [1, 2].map((n) => contentOf({ length: 20 * 16_384, pieceLength: 32_768, name: `c${n}`, seed: n }));
const alone = ['--quiet', '--no-trackers', '--no-dht', '--no-lsd'];

/** The source of what `draw --test` makes of a recording. */
const drawn = async (home: string): Promise<string> => {
  const [file, test] = [join(home, 'a.rxrec'), join(home, 'a.marbles.ts')];
  expect(await run(['replay', file])).toMatchObject({ code: 0, stderr: '', stdout: /the same/ });
  expect(await run(['draw', file, '--test', test])).toMatchObject({ code: 0, stderr: '' });
  return readFileSync(test, 'utf8');
};

/** A download of `sources` that was recorded, from these peers. */
const recorded = async (sources: readonly string[], ports: readonly number[], home: string): Promise<void> => {
  const from = ports.flatMap((port) => ['--peer', `127.0.0.1:${port}`]);
  const args = ['download', ...sources, '-o', `${home}/out/`, ...alone, '--record', join(home, 'a.rxrec'), ...from];
  const { code, stderr } = await run(args);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
};

/** Asks for one block less than there is room for. */
const oneLess = (): void => {
  const next = PiecePicker.prototype.next;
  vi.spyOn(PiecePicker.prototype, 'next').mockImplementation(function (this: PiecePicker, ...args) {
    const [who, source, have, count, ...more] = args;
    return next.call(this, who, source, have, Math.max(1, count - 1), ...more);
  });
};
afterEach(() => vi.restoreAllMocks());

/** How many blocks are asked for in a drawing. */
const blocksAsked = (source: string): number =>
  [...source.matchAll(/ asks {3}(.*)/g)]
    .flatMap(([, cues = '']) => [...cues.matchAll(/\d+\/(\d+)(?:-(\d+))?/g)])
    .reduce((sum, [, first, last = first]) => sum + Number(last) - Number(first) + 1, 0);

const magnet = ({ torrent }: (typeof contents)[number]): string =>
  `magnet:?xt=urn:btih:${toHex(torrent.infoHash)}&dn=${torrent.name}`;

describe('draw --test', () => {
  it.each([['.torrent files'], ['magnet links'], ['one of each']])(
    'makes a test of each of two torrents: %s',
    async (what) => {
      const home = folder();
      const seeds = await Promise.all(contents.map((content) => peer(content, withMetadata(content))));
      const sources = contents.map((content, nth) => {
        if (what === 'magnet links' || (what === 'one of each' && nth === 0)) return magnet(content);
        const path = join(home, `${nth}.torrent`);
        writeFileSync(path, content.metainfo);
        return path;
      });
      await recorded(
        sources,
        seeds.map(({ port }) => port),
        home,
      );
      const source = await drawn(home);
      for (const { torrent } of contents) expect(source).toContain(`when it was recorded: ${torrent.name}"`);
      expect(source).not.toContain('It goes up to');
      expect(blocksAsked(source)).toBe(40);
      const bodies = bodiesOf(source);
      expect(bodies).toHaveLength(2);
      for (const body of bodies) body();
      oneLess();
      for (const body of bodies) expect(body).toThrow('not as drawn');
    },
  );

  it('makes a test of a magnet link, whose peers were met before anything could be asked for', async () => {
    const [home, content] = [folder(), contents[0] as (typeof contents)[number]];
    const seeds = [await peer(content, withMetadata(content)), await peer(content, { unchokeAfter: 30 })];
    await recorded(
      [magnet(content)],
      seeds.map(({ port }) => port),
      home,
    );
    const source = await drawn(home);
    expect(source).not.toContain('It goes up to');
    expect(blocksAsked(source)).toBeGreaterThanOrEqual(20);
    const [body, ...others] = bodiesOf(source);
    expect(others).toEqual([]);
    body?.();
    oneLess();
    expect(body).toThrow('not as drawn');
  });

  it('makes a test of a torrent of version 2, whose pieces end with its files', async () => {
    const home = folder();
    const files = Object.entries({ a: 100_000, b: 5, c: 70_001 }).map(([name, length]) => ({
      path: [name],
      bytes: Buffer.alloc(length, name),
    }));
    mkdirSync(join(home, 'seed/content'), { recursive: true });
    for (const { path, bytes } of files) writeFileSync(join(home, 'seed/content', ...path), bytes);
    const torrent = join(home, 'v2.torrent');
    writeFileSync(torrent, bytesV2(files, 32_768));
    const port = await freePort();
    const seed = start(['seed', torrent, join(home, 'seed'), '--port', String(port), ...alone.slice(1), '--json'], {
      env: { RXTORRENT_NO_LISTEN: '0' },
    });
    await seed.says(/"done"/);
    await seed.says(/"port-open"/);
    await recorded([torrent], [port], home);
    seed.kill('SIGKILL');
    const source = await drawn(home);
    expect(source).toContain('pieceSizes: [32768, 32768, 32768, 1696, 5, 32768, 32768, 4465]');
    expect(source).not.toContain('It goes up to');
    expect(blocksAsked(source)).toBe(7 + 1 + 5);
    const [body] = bodiesOf(source);
    body?.();
    oneLess();
    expect(body).toThrow('not as drawn');
  });
});
