import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat, ignoreElements, lastValueFrom, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import { publicationItem } from '../../src/protocol/dht/publication.ts';
import { publicKeyOf, signedItem } from '../../src/protocol/dht/item.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { formatKeyLink } from '../../src/torrent/metainfo/keyLink.ts';
import { loopbackEnv } from '../discovery/dht/loopback.ts';
import { contentOf } from '../swarm/content.ts';
import { freePort } from './ports.ts';
import { folder, objects, run, start } from './run.ts';
import { running } from './running.ts';

const MiB = 2 ** 20;

const done = (all$: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(all$.pipe(ignoreElements()), { defaultValue: undefined });

/** A DHT of two nodes on this machine. */
const dht = async (): Promise<{ readonly node: DhtNode; readonly router: string }> => {
  const first = await running(dhtNode(loopbackEnv, { bootstrap: [] }));
  const node = await running(dhtNode(loopbackEnv, { bootstrap: [{ host: '127.0.0.1', port: first.port }] }));
  await done(first.addNode({ host: '127.0.0.1', port: node.port }));
  return { node, router: `127.0.0.1:${first.port}` };
};

/** A torrent that has a seed, which the DHT knows. */
const shared = async (node: DhtNode, folder: string, size: number) => {
  const home = join(folder, String(size));
  mkdirSync(home);
  const { metainfo, bytes, torrent } = contentOf({ name: 'film', length: size, seed: size });
  const file = join(home, 'film.torrent');
  writeFileSync(file, metainfo);
  writeFileSync(join(home, torrent.name), bytes);
  const port = await freePort();
  const env = { RXTORRENT_NO_LISTEN: 'false', XDG_STATE_HOME: join(home, 'seeds') };
  const seeding = start(['seed', file, home, '--no-trackers', '--port', String(port), '--json'], { env });
  onTestFinished(async () => {
    seeding.kill('SIGKILL');
    await seeding.ended;
  });
  await seeding.says(/"done"/);
  await done(node.announce(torrent.infoHash, port));
  return { file, hash: toHex(torrent.infoHash) };
};

const world = async () => {
  const [home, { node, router }] = [folder(), await dht()];
  const options = ['--bootstrap', router, '--node-file', join(home, 'nodes')];
  const env = { XDG_STATE_HOME: join(home, 'state') };
  const publish = (source: string, ...more: readonly string[]) =>
    run(['publish', source, '--key', join(home, 'key'), ...options, ...more], { env });
  const follow = (link: string, into: string, ...more: readonly string[]) =>
    run(['dht', link, '-o', `${join(home, into)}/`, '--timeout', '30', ...options, ...more], { env });
  return { home, node, router, options, env, publish, follow };
};

describe('publish', () => {
  it('names a torrent by a key; who follows it gets that, and the newer one at the next start', async () => {
    const { home, node, publish, follow } = await world();
    const [one, two] = [await shared(node, home, MiB), await shared(node, home, 2 * MiB)];
    const first = await publish(one.file, '--create-key', '--salt', 'films', '--once');
    expect(first.code, first.stderr).toBe(0);
    const link = first.stdout.trim();
    expect(link).toMatch(/^magnet:\?xs=urn:btpk:[0-9a-f]{64}&s=66696c6d73$/);
    expect(statSync(join(home, 'key')).mode & 0o777).toBe(0o600);
    const got = await follow(link, 'one', '--json');
    expect(got.code, got.stderr).toBe(0);
    expect(objects(got.stdout).find(({ type }) => type === 'publication')).toMatchObject({
      torrent: one.hash,
      infoHash: one.hash,
      salt: '66696c6d73',
      link,
    });
    // Another torrent, the same key: no new one is made of it.
    const second = await publish(two.hash, '--create-key', '--salt', 'films', '--once', '--json');
    const told = objects(second.stdout).find(({ type }) => type === 'publication');
    expect(told).toMatchObject({ torrent: two.hash, infoHash: two.hash, link });
    expect(Number(told?.['nodes'])).toBeGreaterThan(0);
    const again = await follow(link, 'two');
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain(`names ${two.hash}, and no longer ${one.hash}`);
  }, 60_000);

  it('goes on until it is stopped', async () => {
    const { home, node, options, env } = await world();
    const one = await shared(node, home, MiB);
    const key = join(home, 'key');
    const running = start(['publish', one.file, '--key', key, '--create-key', ...options], { env });
    await running.says(/version \d+ is kept by [1-9]/);
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
  });

  it('refuses what is no key, a salt that is too long, and a key that is missing', async () => {
    const { home, publish, options } = await world();
    const hash = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
    expect(await publish(hash, '--once')).toMatchObject({ code: 2, stdout: '' });
    writeFileSync(join(home, 'key'), 'not a key', { mode: 0o600 });
    const wrong = await publish(hash, '--once', '--create-key');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('64 hexadecimal digits')]);
    expect(readFileSync(join(home, 'key'), 'utf8')).toBe('not a key');
    expect(await publish(hash, '--salt', 'a'.repeat(65))).toMatchObject({ code: 2 });
    expect(await run(['publish', hash, ...options])).toMatchObject({ code: 2 });
  });
});

describe('a link to a key', () => {
  it('is not believed when it leads to an older version than before, nor to what is no publication', async () => {
    const { home, node, follow } = await world();
    const [one, two] = [await shared(node, home, MiB), await shared(node, home, 2 * MiB)];
    const secret = new Uint8Array(32).fill(5);
    const link = formatKeyLink({ key: publicKeyOf(secret) });
    const named = (hash: string, seq: number) =>
      publicationItem({ infoHash: new Uint8Array(Buffer.from(hash, 'hex')), seq }, { seed: secret });
    await done(node.putItem?.(named(one.hash, 7)) ?? concat());
    const first = await follow(link, 'one');
    expect(first.code, first.stderr).toBe(0);
    // The nodes forget it, and have an older one: here other nodes stand for that.
    const other = await world();
    const env = { XDG_STATE_HOME: join(home, 'state') };
    await done(other.node.putItem?.(named(two.hash, 6)) ?? concat());
    const back = await run(
      ['peers', link, '--count', '1', '--timeout', '1', '--no-trackers', '--bootstrap', other.router].concat([
        '--node-file',
        join(other.home, 'nodes'),
        '--json',
      ]),
      { env: { ...env, RXTORRENT_NO_DHT: 'false' } },
    );
    expect(objects(back.stdout).find(({ type }) => type === 'start')).toMatchObject({ torrent: one.hash });
    // Something else that is signed, newer than all, is no publication.
    await done(node.putItem?.(signedItem('text', { seed: secret, seq: 99 })) ?? concat());
    const third = await follow(link, 'three');
    expect(third.code, third.stderr).toBe(0);
    expect(third.stderr).toContain(`${one.hash} is taken`);
  }, 60_000);

  it('is given up when no node knows what it names', async () => {
    const { follow } = await world();
    const { code, stderr } = await follow(formatKeyLink({ key: publicKeyOf(new Uint8Array(32).fill(8)) }), 'none');
    expect([code, stderr]).toEqual([4, expect.stringContaining('no node of the DHT knows')]);
  }, 40_000);

  it('is refused without the DHT, and by commands that do not follow it', async () => {
    const link = formatKeyLink({ key: publicKeyOf(new Uint8Array(32).fill(8)) });
    expect((await run(['download', link])).stderr).toContain('leave out --no-dht');
    const parsed = await run(['magnet_parse', link]);
    expect([parsed.code, parsed.stderr]).toEqual([2, expect.stringContaining('names a key')]);
    expect(await run(['download', 'magnet:?xs=urn:btpk:12'])).toMatchObject({ code: 2 });
  });
});
