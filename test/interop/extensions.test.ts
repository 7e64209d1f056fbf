import { resolve } from 'node:path';
import { mergeMap, Subscription, switchMap, throwError, timer } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extensionHandshake, handshake } from '../../operators/index.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { localPeers } from '../../src/discovery/lan/localPeers.ts';
import { connectTcp } from '../../src/net/tcp.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { nodeEnv } from '../../src/node.ts';
import { createPeerId } from '../../src/protocol/encoding/id.ts';
import { type Content, HOST, listening, World } from './world.ts';

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const eventually = async (holds: () => boolean, seconds: number): Promise<boolean> => {
  for (let tries = 0; tries < seconds * 10 && !holds(); tries++) await new Promise((done) => setTimeout(done, 100));
  return holds();
};

/** A libtorrent peer, and what it says of itself. */
const talkative = async (
  content: Content,
  folder: string,
  port: number,
  limit = 0,
  calls?: string,
): Promise<{ readonly says: () => string }> => {
  const script = resolve('test/interop/libtorrentPeer.py');
  const child = world.start(
    '/usr/bin/python3',
    script,
    content.torrent,
    folder,
    `0.0.0.0:${port}`,
    String(limit),
    ...(calls === undefined ? [] : [calls]),
  );
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => (out = (out + chunk.toString()).slice(-100_000)));
  await listening(port);
  // While it checks what it has, and a little longer, it hangs up on whoever calls.
  await eventually(() => /(^(seeding|finished|downloading) [^]*){8}/m.test(out), 20);
  return { says: () => out };
};

const half = (n: number) => (piece: number) => piece % 2 === n;

describe('the extension protocol with libtorrent', () => {
  it('is spoken by both: each knows what the other said', async () => {
    const content = world.content('content', [3_000_000]);
    const { says } = await talkative(content, world.lay(content, 'seed'), 7001);
    const identity = {
      infoHash: new Uint8Array(Buffer.from(content.infoHash, 'hex')),
      peerId: createPeerId(new Uint8Array(12)),
      pieceCount: 46,
    };
    let theirs: Peer['state'] | undefined;
    const talk = connectTcp({ host: HOST, port: 7001, source: 'manual' })
      .pipe(
        handshake(identity),
        extensionHandshake({ names: ['ut_pex', 'ut_metadata'], port: 6881, version: 'us 7.7' }),
        mergeMap((peer) => {
          theirs = peer.state;
          return peer.messages$;
        }),
      )
      .subscribe();
    expect(await eventually(() => theirs?.extensions !== undefined && / us 7\.7\b/.test(says()), 20)).toBe(true);
    talk.unsubscribe();
    const { version, reqq, metadataSize, yourIp, port } = theirs?.extensions ?? {};
    expect({ version, yourIp, reqq: (reqq ?? 0) > 0, metadataSize: (metadataSize ?? 0) > 100, port }).toEqual({
      version: expect.stringMatching(/^libtorrent\/2/) as string,
      yourIp: expect.stringMatching(/^10\.77\.0\./) as string,
      reqq: true,
      metadataSize: true,
      port: undefined,
    });
    expect([theirs?.reqq, theirs?.idOf('ut_pex'), theirs?.idOf('ut_metadata')]).toEqual([
      reqq,
      expect.any(Number),
      expect.any(Number),
    ]);
  });
});

describe('peer exchange with libtorrent', () => {
  it('is learned from: half of the content is where only another peer knows', async () => {
    const content = world.content('content', [4_000_000]);
    await talkative(content, world.lay(content, 'odd', half(1)), 7002);
    await talkative(content, world.lay(content, 'even', half(0)), 7001, 0, `${HOST}:7002`);
    const { code, err } = await world.run(
      'download',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      '--no-trackers',
      '--peer',
      `${HOST}:7001`,
      '--timeout',
      '90',
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
  });

  it('is taught: a leech that knew only us gets all from a seed that only we knew', async () => {
    const content = world.content('content', [8_000_000]);
    await talkative(content, world.lay(content, 'seed'), 7001, 300_000);
    const leech = await talkative(content, world.path('leech'), 7002);
    const running = world.run(
      'download',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      '--no-trackers',
      '--peer',
      `${HOST}:7001`,
      '--peer',
      `${HOST}:7002`,
    );
    expect(
      await eventually(() => /peer 10\.77\.0\.\d:7001 libtorrent.*, by pex/.test(leech.says()), 60),
      leech.says().slice(-500),
    ).toBe(true);
    expect((await running).code).toBe(0);
  });
});

describe('local discovery with libtorrent', () => {
  it('hears of it, and is heard', async () => {
    const content = world.content('content', [2_000_000]);
    const infoHash = new Uint8Array(Buffer.from(content.infoHash, 'hex'));
    // We say that we listen where the seed does, which says nothing itself; slowly, so that the two are seen together.
    await talkative(content, world.lay(content, 'seed'), 7001, 200_000);
    const found: string[] = [];
    const looking = localPeers(nodeEnv(), { infoHash, port: 7001 }).subscribe(({ port, source }) =>
      found.push(`${source} ${port}`),
    );
    const leech = await talkative(content, world.path('leech'), 7002, 0, 'lsd');
    expect(await eventually(() => found.includes('lsd 7002'), 20), `${found.join()}`).toBe(true);
    looking.unsubscribe();
    // Once a minute is not soon enough for a test, and a datagram may be lost: newcomers announce themselves at once.
    const newcomers = timer(0, 2000)
      .pipe(switchMap(() => localPeers(nodeEnv(), { infoHash, port: 7001 })))
      .subscribe();
    expect(await eventually(() => /:7001 libtorrent.*, by lsd/.test(leech.says()), 40), leech.says().slice(-500)).toBe(
      true,
    );
    newcomers.unsubscribe();
  });

  it.each([4, 6] as const)('is said to both groups and heard in each: IPv%i', async (family) => {
    const infoHash = new Uint8Array(20).fill(family);
    const env = nodeEnv();
    const bindUdp: typeof env.bindUdp = (options) =>
      options.family === family
        ? env.bindUdp(options)
        : throwError(() => new NetworkError('no-address', 'UDP', 'no such family here'));
    const ears = new Subscription();
    const heard: string[] = [];
    const hear = (port: number, more: string[] = []) =>
      ears.add(
        localPeers({ ...env, bindUdp }, { infoHash, port }).subscribe(({ host, port: theirs }) =>
          more.push(`${host.includes(':') ? 6 : 4} ${theirs}`),
        ),
      );
    hear(7001, heard);
    // Who is there hears of the newcomer.
    const newcomers = timer(200, 1000).subscribe(() => hear(7002));
    expect(await eventually(() => heard.includes(`${family} 7002`), 10)).toBe(true);
    newcomers.unsubscribe();
    ears.unsubscribe();
    expect(heard.every((each) => each === `${family} 7002`)).toBe(true);
  });

  it('leads one of us to another, and nobody else is asked', async () => {
    const content = world.content('content', [2_000_000]);
    const alone = ['--no-trackers', '--no-dht', '--no-pex'];
    const first = world.run(
      'download',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      ...alone,
      '--port',
      '7131',
      '--timeout',
      '60',
      '--json',
    );
    // Who listens says so at once, and then once a minute: so the seed is heard by the one who waits for it.
    await listening(7131);
    const seed = world.run('seed', content.torrent, world.lay(content, 'seed'), ...alone, '--port', '7132', '--quiet');
    const { code, out, err } = await first;
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
    expect(out).toMatch(/"type":"peer-joined".*"source":"(lsd|incoming)"/);
    expect(out).toMatch(/"source":"lsd","discovered":[1-9]/);
    await world.end();
    expect((await seed).err).toBe('');
  });
});
