import { describe, it } from 'vitest';
import { encodeHandshake } from '../../src/protocol/handshake.ts';
import { contentOf } from '../swarm/content.ts';
import { addresses, duel, peer, peers } from '../swarm/fixture.ts';
import type { Conduct } from '../swarm/realPeer.ts';
import { count, leavings, run } from '../swarm/run.ts';
import { TinyTracker } from '../swarm/tracker.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const content = contentOf({ length: 2 * MiB - 5, pieceLength: 64 * KiB });
const silent: Conduct = { onConnect: () => true };
const stalls: Conduct = { onRequest: () => true };

// Most of these are waits: they wait at the same time.
describe.concurrent('peers that keep us waiting', () => {
  it('a handshake of one byte a second: gone within 15 s in all', { timeout: 40_000 }, async ({ expect, onTestFinished }) => {
    const drip: Conduct = {
      onConnect: (talk) => {
        const bytes = encodeHandshake({ infoHash: talk.content.torrent.infoHash, peerId: talk.peer.id });
        for (let n = 0; n < bytes.length; n++) talk.after(1000 * n, () => talk.raw(bytes.subarray(n, n + 1)));
        return true;
      },
    };
    const { ran, hostile } = await duel(content, drip, { finished: onTestFinished, honest: { bytesPerSecond: 140 * KiB }, within: 35_000 });
    expect(ran.sha256).toBe(content.sha256);
    expect(leavings(ran, hostile.port)).toEqual(['timeout']);
    const [talk] = hostile.talks;
    expect((talk?.closedAt ?? Infinity) - (talk?.connectedAt ?? 0)).toBeLessThan(15_000);
  });

  it.for([
    ['a peer that unchokes us and then stalls', stalls],
    ['one that does not speak the fast extension', { ...stalls, fast: false }],
    ['one that stalls after a dozen blocks', { onRequest: (_, talk) => talk.requests.length > 12 }],
    ['one that never unchokes us', { unchokeAfter: Infinity }],
    ['one that never says a word', silent],
  ] as readonly (readonly [string, Conduct])[])('%s, beside a seed', async ([, conduct], { expect, onTestFinished }) => {
    const { ran } = await duel(content, conduct, { finished: onTestFinished });
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.took).toBeLessThan(20_000);
    expect(count(ran, 'corrupt')).toBe(0);
  });

  it('a peer that takes our half of the connection and says no more: its blocks come from another', async ({ expect, onTestFinished }) => {
    let first = true;
    const halfCloses: Conduct = {
      onRequest: (_, talk) => {
        if (first) talk.socket.end();
        first = false;
        return true;
      },
    };
    const { ran, hostile } = await duel(content, halfCloses, { finished: onTestFinished });
    expect(ran.sha256).toBe(content.sha256);
    const [talk] = hostile.talks;
    expect((talk?.closedAt ?? Infinity) - (talk?.connectedAt ?? 0)).toBeLessThan(5000);
  });

  it('a peer of 8 KiB/s that holds the last block: within 5 s of the rest', { timeout: 40_000 }, async ({ expect, onTestFinished }) => {
    const [slow, fast] = await peers(content, [{ bytesPerSecond: 8 * KiB }, { bytesPerSecond: MiB, unchokeAfter: 200 }], onTestFinished);
    const ran = await run(content, { peers: [slow?.address, fast?.address].flatMap((address) => address ?? []) }, 35_000);
    expect(ran.sha256).toBe(content.sha256);
    expect(slow?.asked.size).toBeGreaterThan(0);
    // Two seconds are the fast one's own.
    expect(ran.took).toBeLessThan(2200 + 5000);
  });

  it('five peers of 8 KiB/s that hold the last blocks', { timeout: 40_000 }, async ({ expect, onTestFinished }) => {
    const slow = await peers(content, new Array<Conduct>(5).fill({ bytesPerSecond: 8 * KiB }), onTestFinished);
    const fast = await peer(content, { bytesPerSecond: MiB, unchokeAfter: 200 }, onTestFinished);
    const ran = await run(content, { peers: addresses([...slow, fast]) }, 35_000);
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.took).toBeLessThan(2200 + 5000);
  });

  it('a corrupt piece among peers who stall', { timeout: 60_000 }, async ({ expect, onTestFinished }) => {
    let blocks = 0;
    const liar: Conduct = { onRequest: (request, talk) => (++blocks % 3 === 0 ? (talk.giveWrong(request), true) : false) };
    const all = await peers(content, [liar, ...new Array<Conduct>(40).fill(stalls), { bytesPerSecond: MiB, unchokeAfter: 100 }], onTestFinished);
    const ran = await run(content, { peers: addresses(all) }, 55_000);
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.took).toBeLessThan(15_000);
  });

  it('a corrupt piece whose second try is a slow peer alone', { timeout: 40_000 }, async ({ expect, onTestFinished }) => {
    let lies = 0;
    const liar: Conduct = { onRequest: (request, talk) => (request.piece === 0 && lies++ === 0 ? (talk.giveWrong(request), true) : false) };
    const all = await peers(
      content,
      [liar, { bytesPerSecond: 8 * KiB }, { bytesPerSecond: 4 * KiB }, { bytesPerSecond: MiB, unchokeAfter: 50 }],
      onTestFinished,
    );
    const ran = await run(content, { peers: addresses(all), order: (a, b) => a.index - b.index }, 35_000);
    expect(ran.sha256).toBe(content.sha256);
  });

  it('200 silent peers before the seed', { timeout: 40_000 }, async ({ expect, onTestFinished }) => {
    const dead = await peers(content, new Array<Conduct>(200).fill(silent), onTestFinished);
    const seed = await peer(content, {}, onTestFinished);
    const ran = await run(content, { peers: addresses([...dead, seed]) }, 35_000);
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.took).toBeLessThan(1.5 * 10_400);
  });

  it('500 stalling peers before the seed', { timeout: 60_000 }, async ({ expect, onTestFinished }) => {
    const dead = await peers(content, new Array<Conduct>(500).fill(stalls), onTestFinished);
    const seed = await peer(content, {}, onTestFinished);
    const ran = await run(content, { peers: addresses([...dead, seed]) }, 55_000);
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.took).toBeLessThan(1.5 * 21_500);
  });

  it.for([
    ['only shake hands', { onHandshake: () => true }],
    ['have nothing', { have: [] }],
    ['never unchoke us', { unchokeAfter: Infinity }],
    ['choke and unchoke us without end', { fast: false, onRequest: (_, talk) => (talk.choke(), talk.unchoke(), true) }],
  ] as readonly (readonly [string, Conduct])[])(
    'as many peers as there may be that %s, before the seed',
    { timeout: 60_000 },
    async ([, conduct], { expect, onTestFinished }) => {
      const dead = await peers(content, new Array<Conduct>(4).fill(conduct), onTestFinished);
      const seed = await peer(content, {}, onTestFinished);
      const ran = await run(content, { peers: addresses([...dead, seed]), maxPeers: 4 }, 50_000);
      expect(ran.sha256).toBe(content.sha256);
      expect(ran.took).toBeLessThan(35_000);
    },
  );

  it('10,000 addresses of nobody from the tracker', { timeout: 40_000 }, async ({ expect, onTestFinished }) => {
    const seed = await peer(content, {}, onTestFinished);
    const nobody = new Array(10_000).fill(0).map((_, n) => ({ host: '127.0.0.1', port: 1 + n }));
    const tracker = await TinyTracker.listen([...nobody.slice(0, 99), seed.address, ...nobody.slice(99)]);
    onTestFinished(() => tracker.close());
    const ran = await run(content, { trackers: [[tracker.url]] }, 35_000);
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.progress.peers.known).toBeLessThanOrEqual(3000);
  });
});
