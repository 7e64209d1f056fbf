import fc from 'fast-check';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { announceOverUdp } from '../../src/discovery/trackers/udpTracker.ts';
import { MAX_REMEMBERED, UdpMemory } from '../../src/discovery/trackers/udpMemory.ts';
import { scrape } from '../../src/discovery/trackers/scrape.ts';
import { httpGet } from '../../src/net/http/http.ts';
import { bindUdp, resolve } from '../../src/net/udp.ts';
import { MAX_REPLY_PEERS, MAX_TEXT, type AnnounceQuery } from '../../src/protocol/tracker/httpTrackerReply.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { decodeUdpReply, MAX_SCRAPED, type UdpReply } from '../../src/protocol/tracker/udpTrackerPackets.ts';
import { answer, error, type Script, udpTracker } from '../net/udpTracker.ts';
import { mutated, seeded } from './mutations.ts';

const random = seeded(15);
const env = {
  bindUdp,
  resolve,
  httpGet,
  randomBytes: (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
};
const query: AnnounceQuery = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1,
};
const announce = async (script: Script) => lastValueFrom(announceOverUdp(env)((await udpTracker(script)).url, query));

const outcome = (bytes: Uint8Array, family: 4 | 6): UdpReply | 'malformed' => {
  try {
    return decodeUdpReply(bytes, family);
  } catch (reason) {
    if (reason instanceof Malformed) return 'malformed';
    throw reason;
  }
};

const bounded = (reply: UdpReply | 'malformed'): boolean => {
  if (reply === 'malformed' || reply.type === 'connect') return true;
  if (reply.type === 'scrape') return reply.counts.length <= MAX_SCRAPED;
  if (reply.type === 'error') return reply.reason.length <= MAX_TEXT * 8;
  return reply.reply.peers.length <= MAX_REPLY_PEERS && reply.reply.interval >= 30 && reply.reply.interval <= 86_400;
};

describe('R47: whatever comes over UDP', () => {
  it('is read or malformed, and bounded, be it noise', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom(4, 6),
        (noise, action, family) => {
          const bytes = Uint8Array.from([0, 0, 0, action, ...noise]);
          expect(bounded(outcome(bytes, family))).toBe(true);
          expect(bounded(outcome(noise, family))).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('or a mutation of what is right', () => {
    const originals = [0, 1, 2].map((action) =>
      answer(Uint8Array.from({ length: 98 }, (_, at) => (at === 11 ? action : at))),
    );
    for (let round = 0; round < 5000; round++) {
      const original = originals[round % 3] ?? new Uint8Array();
      expect(bounded(outcome(mutated(original, random), round % 2 ? 4 : 6))).toBe(true);
    }
  });

  it('has no more peers, torrents and words than are kept', () => {
    const reply = (action: number, size: number) =>
      Buffer.concat([Uint8Array.of(0, 0, 0, action, 0, 0, 0, 7), Buffer.alloc(size, 1)]);
    expect(outcome(reply(1, 12 + 6 * 10_000), 4)).toHaveProperty('reply.peers.length', MAX_REPLY_PEERS);
    expect(outcome(reply(2, 12 * 5000), 4)).toHaveProperty('counts.length', MAX_SCRAPED);
    expect(bounded(outcome(reply(3, 65_000), 4))).toBe(true);
  });

  it.each([
    ['no action', ''],
    ['half a connection', '0000000000000007ffffffff'],
    ['an announce without counts', '000000010000000700000708'],
    ['half a peer', '0000000100000007000007080000000000000000ffffff'],
    ['half a count', '0000000200000007ffff'],
    ['an unknown action', '00000004000000070000000000000000'],
  ])('is malformed if it is %s', (_, digits) => {
    expect(outcome(Buffer.from(digits, 'hex'), 4)).toBe('malformed');
  });
});

describe('R47: a tracker on a socket', () => {
  it('may send as much junk before its answer as it likes', async () => {
    const junk = (asked: Uint8Array): readonly Uint8Array[] =>
      Array.from({ length: 50 }, () => mutated(answer(asked).subarray(0, 7), random).subarray(0, 7));
    const reply = await announce((asked) => [...junk(asked), answer(asked)]);
    expect(reply.peers).toEqual([{ host: '10.0.0.1', port: 6881 }]);
  });

  it('is not answered for by another socket, though it knows what was asked', async () => {
    const honest = await udpTracker((asked, reply, forge) => {
      // From another port, and sooner than the tracker itself.
      forge(error(asked, 'forged'));
      forge(answer(asked, Uint8Array.of(10, 6, 6, 6, 0, 80)));
      setTimeout(() => reply(answer(asked)), 50);
      return [];
    });
    const reply = await firstValueFrom(announceOverUdp(env)(honest.url, query));
    expect(reply.peers).toEqual([{ host: '10.0.0.1', port: 6881 }]);
    expect(honest.heard()).toEqual(['connect', 'announce']);
  });

  it('says no in its own words, made visible', async () => {
    await expect(announce((asked) => [error(asked, 'not\n\u001b[2Jhere')])).rejects.toMatchObject({
      name: 'TrackerError',
      code: 'failure-reason',
      message: expect.stringMatching(/^udp:\/\/127\.0\.0\.1:\d+\/announce: says "not\\x0a\\x1b\[2Jhere"$/) as string,
    });
  });

  it('is asked with random numbers that do not repeat', async () => {
    const seen = new Set<string>();
    const tracker = await udpTracker((asked) => {
      seen.add(Buffer.from(asked.subarray(12, 16)).toString('hex'));
      return [answer(asked)];
    });
    const ask = announceOverUdp(env);
    for (let round = 0; round < 20; round++) await lastValueFrom(ask(tracker.url, query));
    expect(seen.size).toBe(21);
  });

  it('is refused as a scrape when it counts for fewer torrents than were asked about', async () => {
    const tracker = await udpTracker((asked) => [asked[11] === 2 ? answer(asked).subarray(0, 20) : answer(asked)]);
    const counts$ = scrape(env, tracker.url, [query.infoHash, query.peerId]);
    expect(await lastValueFrom(counts$)).toMatchObject({ infoHash: query.infoHash, complete: 7 });
  });
});

describe('what is remembered', () => {
  it(`is of ${MAX_REMEMBERED} trackers at most`, () => {
    const memory = new UdpMemory();
    for (let at = 0; at < MAX_REMEMBERED + 50; at++) {
      memory.connected(`host ${at}`, new Uint8Array(8));
      memory.answered(`url ${at}`, 'host');
    }
    const known = Array.from({ length: MAX_REMEMBERED + 50 }, (_, at) => [
      memory.id(`host ${at}`),
      memory.home(`url ${at}`),
    ]);
    expect(known.filter(([id]) => id !== undefined)).toHaveLength(MAX_REMEMBERED);
    expect(known.filter(([, home]) => home !== undefined)).toHaveLength(MAX_REMEMBERED);
  });
});
