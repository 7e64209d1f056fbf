import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toBase32, toHex } from '../../src/protocol/encoding/id.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { contentOf } from '../swarm/content.ts';
import { peer, tracker } from '../swarm/fixture.ts';
import { withMetadata } from '../swarm/metadata.ts';
import { folder, run, told } from './run.ts';

const content = contentOf({ name: 'a', length: 200_000, pieceLength: 65_536 });
const infoHash = toHex(content.torrent.infoHash);
const XT = `xt=urn:btih:${infoHash}`;

describe('magnet_parse', () => {
  it('says what the link says, line by line', async () => {
    const trackers = 'tr=udp%3A%2F%2Fx.example%3A1&tr=http://y.example/a';
    const sources = 'x.pe=[2001:db8::1]:5&x.pe=h:6&ws=http://w.example/&xs=http://z.example/a.torrent';
    const link = `magnet:?${XT}&dn=a+b&xl=5&${trackers}&${sources}&so=0,2-3&tr=zz&q=1`;
    expect(await run(['magnet_parse', link])).toEqual({
      code: 0,
      stderr: 'not used: tr: zz\n',
      stdout: `${[
        'Tracker URL: udp://x.example:1',
        'Tracker URL: http://y.example/a',
        `Info Hash: ${infoHash}`,
        'Name: a b',
        'Length: 5',
        'Peer: [2001:db8::1]:5',
        'Peer: h:6',
        'Web Seed: http://w.example/',
        'Torrent URL: http://z.example/a.torrent',
        'Selected Files: 1,3-4 (counted from 1, padding included)',
      ].join('\n')}\n`,
    });
  });

  it('takes base32 and a bare info-hash, and says it in one line with --json', async () => {
    const base32 = `magnet:?xt=urn:btih:${toBase32(content.torrent.infoHash)}`;
    for (const source of [base32, infoHash])
      expect((await run(['magnet_parse', source])).stdout).toBe(`Tracker URL: none\nInfo Hash: ${infoHash}\n`);
    expect(told((await run(['magnet_parse', base32, '--json'])).stdout)).toEqual([
      {
        type: 'magnet',
        torrent: infoHash,
        infoHash,
        announce: [],
        peers: [],
        webSeeds: [],
        sources: [],
        ignored: [],
        link: `magnet:?${XT}`,
      },
    ]);
  });

  it.each([
    ['no magnet', 'debian.iso.torrent', 'not a magnet link'],
    ['a short hash', 'magnet:?xt=urn:btih:89d9', 'magnet.xt: expected 40 hexadecimal or 32 base32 digits'],
    ['no topic', 'magnet:?dn=x', 'magnet.xt: expected urn:btih:'],
    ['a bad selection', `magnet:?${XT}&so=x`, 'magnet.so: expected numbers and spans'],
  ])('refuses %s, and says which part', async (_, link, why) => {
    const { code, stdout, stderr } = await run(['magnet_parse', link]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(why);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('from a magnet link', () => {
  it('magnet_info says what info says of the .torrent, but for what is beside the info dictionary', async () => {
    const seed = await peer(content, withMetadata(content));
    const { url } = await tracker([seed]);
    const file = join(folder(), 'a.torrent');
    writeFileSync(file, contentOf({ name: 'a', length: 200_000, pieceLength: 65_536, announce: url }).metainfo);
    const { stdout } = await run(['info', file]);
    for (const link of [
      `magnet:?${XT}&tr=${encodeURIComponent(url)}`,
      `magnet:?xt=urn:btih:${toBase32(content.torrent.infoHash)}&tr=${encodeURIComponent(url)}`,
    ]) {
      expect(await run(['magnet_info', link])).toEqual({ code: 0, stderr: '', stdout });
    }
    const { stdout: bare } = await run(['info', infoHash, '--peer', `127.0.0.1:${seed.port}`]);
    expect(bare).toBe(stdout.replace(`Tracker URL: ${url}`, 'Tracker URL: none').replace(`&tr=${url}`, ''));
  });

  it('magnet_download gets it all on one connection, and saves the .torrent', async () => {
    const seed = await peer(content, withMetadata(content));
    const { url } = await tracker([seed]);
    const home = folder();
    const [out, saved] = [join(home, 'out'), join(home, 'saved.torrent')];
    const link = `magnet:?${XT}&dn=whatever&tr=${encodeURIComponent(url)}`;
    const { code, stdout, stderr } = await run(['magnet_download', '-o', out, link, '--save-torrent', saved]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${out}: complete, 195 KiB`);
    expect(readFileSync(out).equals(content.bytes)).toBe(true);
    expect(seed.talks).toHaveLength(1);
    const torrent = parseTorrent(readFileSync(saved));
    expect([toHex(torrent.infoHash), torrent.announce]).toEqual([infoHash, [[url]]]);
    expect(await run(['verify', saved, out])).toMatchObject({ code: 0 });
    // What the first run has saved is no reason not to go on; what somebody else has is.
    expect(await run(['download', link, '-o', out, '--save-torrent', saved])).toMatchObject({ code: 0 });
    writeFileSync(saved, 'theirs');
    expect(await run(['download', link, '-o', out, '--save-torrent', saved])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exists already') as string,
    });
    expect(await run(['download', link, '-o', out, '--save-torrent', saved, '--force'])).toMatchObject({ code: 0 });
    expect(toHex(parseTorrent(readFileSync(saved)).infoHash)).toBe(infoHash);
  });

  it('x.pe is enough, and --json tells when it is known what it is', async () => {
    const seed = await peer(content, withMetadata(content));
    const out = join(folder(), 'out');
    const { code, stdout } = await run(['download', `magnet:?${XT}&x.pe=127.0.0.1:${seed.port}`, '-o', out, '--json']);
    expect(code).toBe(0);
    const what = { name: 'a', infoHash, length: 200_000, pieceLength: 65_536, pieceCount: 4, files: 1 };
    expect(told(stdout).find(({ type }) => type === 'metadata')).toEqual({
      type: 'metadata',
      torrent: infoHash,
      ...what,
    });
    expect(readFileSync(out).equals(content.bytes)).toBe(true);
  });

  it('xs is enough to know what it is, and is not believed when it is something else', async () => {
    const file = join(folder(), 'saved.torrent');
    const other = contentOf({ name: 'b', length: 100_000, pieceLength: 65_536 });
    const server = createServer((request, response) =>
      response.end((request.url === '/torrents/a.torrent' ? content : other).metainfo),
    );
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const at = (path: string): string =>
      `xs=${encodeURIComponent(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)}`;
    writeFileSync(file, content.metainfo);
    const wanted = (await run(['info', file])).stdout;
    const link = `magnet:?${XT}&${at('/torrents/b.torrent')}&${at('/torrents/a.torrent')}`;
    expect(await run(['magnet_info', link])).toMatchObject({
      code: 0,
      stdout: wanted,
      stderr: expect.stringContaining('a different one') as string,
    });
    expect(await run(['magnet_info', `magnet:?${XT}&${at('/private')}`])).toMatchObject({ code: 4, stdout: '' });
  });

  it('only the selected files are fetched', async () => {
    const several = contentOf({
      name: 'several',
      files: [
        { path: ['a'], length: 70_000 },
        { path: ['b'], length: 200_000 },
        { path: ['c'], length: 70_000 },
      ],
      pieceLength: 32_768,
    });
    const seed = await peer(several, withMetadata(several));
    const home = folder();
    const link = `magnet:?xt=urn:btih:${toHex(several.torrent.infoHash)}&x.pe=127.0.0.1:${seed.port}&so=0`;
    const { code } = await run(['download', link, '-o', `${home}/`]);
    expect(code).toBe(0);
    expect(seed.wholePieces().toSorted((x, y) => x - y)).toEqual([0, 1, 2]);
    // What the last piece has of the next file is kept beside them; of files that are not selected there is not even a
    // name.
    expect(readdirSync(join(home, 'several'))).toEqual(['a']);
    expect(readFileSync(join(home, 'several', 'a')).equals(several.bytes.subarray(0, 70_000))).toBe(true);
  });

  it('gives up in time, and says why', async () => {
    const mute = await peer(content);
    const link = `magnet:?${XT}&x.pe=127.0.0.1:${mute.port}`;
    expect(await run(['info', link, '--timeout', '1'])).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('no peer has sent the metadata of the link within 1 s') as string,
    });
    expect(await run(['download', link, '--timeout', '1', '-o', join(folder(), 'x')])).toMatchObject({
      code: 4,
      stdout: '',
    });
    expect(await run(['info', infoHash])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no source of peers') as string,
    });
  });
});
