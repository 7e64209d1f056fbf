import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ourselves } from '../../src/cli/input/ourselves.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { eventually, serve } from '../net/servers.ts';
import { answer, error, udpTracker } from '../net/udpTracker.ts';
import { folder, run, start, told } from './run.ts';

const torrent = (...tiers: readonly (readonly string[])[]): string => {
  const path = join(folder(), 'a.torrent');
  writeFileSync(
    path,
    encodeTorrent({ name: 'a', pieceLength: 16_384, pieceHashes: new Uint8Array(20), announce: tiers, length: 5 }),
  );
  return path;
};

const many = (asked: Uint8Array): readonly Uint8Array[] => [
  answer(asked, Uint8Array.of(10, 0, 0, 1, 0, 80, 10, 0, 0, 2, 0, 80, 10, 0, 0, 1, 0, 80)),
];

describe('peers', () => {
  it('prints each address once with its source, stops at --count, and says goodbye', async () => {
    const tracker = await udpTracker(many);
    const { code, stdout, stderr } = await run(['peers', torrent([tracker.url]), '--count', '2', '--timeout', '20']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '10.0.0.1:80  tracker\n10.0.0.2:80  tracker\n',
      stderr: '',
    });
    expect(tracker.heard()).toEqual(['connect', 'started', 'stopped']);
  });

  it('leaves out our own address, which a tracker may name as well', async () => {
    // It names who asks at 127.0.0.1, with the port that it was told, and another with that port.
    const echo = (asked: Uint8Array): readonly Uint8Array[] => [
      answer(
        asked,
        Uint8Array.of(
          127,
          0,
          0,
          1,
          ...asked.subarray(96, 98),
          127,
          0,
          0,
          1,
          0,
          80,
          10,
          0,
          0,
          2,
          ...asked.subarray(96, 98),
          10,
          0,
          0,
          3,
          0,
          80,
        ),
      ),
    ];
    const tracker = await udpTracker(echo);
    const asking = ['peers', torrent([tracker.url]), '--no-dht', '--no-lsd', '--count'];
    expect((await run([...asking, '2'])).stdout).toBe('127.0.0.1:80  tracker\n10.0.0.3:80  tracker\n');
    // Where people insist on a port, others have it, too.
    expect((await run([...asking, '3', '--port', '6881'])).stdout).toBe(
      '127.0.0.1:80  tracker\n10.0.0.2:6881  tracker\n10.0.0.3:80  tracker\n',
    );
  });

  it('knows us by a port that is made up; by another one only where we are', () => {
    const address = (host: string, port: number, source: PeerAddress['source'] = 'tracker'): PeerAddress => ({
      host,
      port,
      source,
    });
    const free = ourselves({ random: () => 0.999 });
    expect(free.port).toBe(65_519);
    expect([
      free.are(address('198.51.100.1', 65_519)),
      free.are(address('198.51.100.1', 65_519, 'manual')),
      free.are(address('127.0.0.1', 1)),
    ]).toEqual([true, false, false]);
    const fixed = ourselves({ random: () => 0.999 }, 6881);
    const are = (): boolean[] => [
      fixed.are(address('198.51.100.1', 6881)),
      fixed.are(address('127.0.0.1', 6881)),
      fixed.are(address('127.0.0.1', 6882)),
    ];
    expect([fixed.port, ...are()]).toEqual([6881, false, true, false]);
    fixed.seenAs('198.51.100.1');
    expect(are()).toEqual([true, true, false]);
  });

  it('stops on Ctrl-C with 130, and says goodbye', async () => {
    const tracker = await udpTracker(many);
    const running = start(['peers', torrent([tracker.url])]);
    await running.says(/10\.0\.0\.2:80 {2}tracker/);
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(await eventually(() => tracker.heard().includes('stopped'))).toBe(true);
  });

  it('tells the state of each tracker as --json, and of --tracker, too', async () => {
    const [unwilling, willing] = [await udpTracker((asked) => [error(asked, 'no')]), await udpTracker(many)];
    const { code, stdout, stderr } = await run([
      'peers',
      torrent([unwilling.url]),
      '--tracker',
      `udp://127.0.0.1:${willing.port}`,
      '--count',
      '1',
      '--json',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(told(stdout)).toMatchObject([
      { type: 'tracker', tier: 0, state: 'asking' },
      { type: 'tracker', tier: 0, state: 'failing', failures: 1, error: { code: 'failure-reason' } },
      { type: 'warning', code: 'failure-reason' },
      { type: 'tracker', tier: 1, state: 'asking' },
      { type: 'tracker', tier: 1, state: 'working', peers: 3, seeds: 4, leechers: 3 },
      { type: 'announced', peers: 3 },
      { type: 'peer', host: '10.0.0.1', port: 80, source: 'tracker' },
    ]);
  });

  it('gives up with 4 after --timeout, and without a tracker', async () => {
    const silent = await udpTracker(() => []);
    expect(await run(['peers', torrent([silent.url]), '--timeout', '0.5'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no peer found within 0.5 s') as string,
    });
    expect(await run(['peers', torrent([silent.url]), '--no-trackers'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('give a --tracker') as string,
    });
    expect(await run(['peers', torrent([silent.url]), '--tracker', 'udp://127.0.0.1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('udp://host:port') as string,
    });
  });

  it('--scrape prints what each tracker counts, and announces nothing', async () => {
    const udp = await udpTracker();
    const http = `${await serve((_, response) => response.end('d5:filesdee'))}/announce`;
    const { code, stdout, stderr } = await run(['peers', torrent([udp.url], [http]), '--scrape']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${udp.url}  7 seeds, 9 leechers, 8 downloads\n` });
    expect(stderr).toBe(`warning: ${http}: does not track this torrent\n`);
    expect(udp.heard()).toEqual(['connect', 'scrape']);
  });
});
