import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonOf } from '../../src/contracts/json/jsonOf.ts';
import { eventLine, hostPort } from '../../src/cli/views/events.ts';
import { peerEvent, peerLine, scrapedEvent } from '../../src/cli/views/peers.ts';
import { funnelLines } from '../../src/cli/views/funnel.ts';
import { paceLine } from '../../src/cli/views/pace.ts';
import { bar, checkingLines, progressLine, progressLines } from '../../src/cli/views/progress.ts';
import { columns, jsonLine } from '../../src/cli/io/text.ts';
import { defaultPace } from '../../src/discovery/pace.ts';
import type { FunnelSample, Progress } from '../../src/contracts/events.ts';

const MiB = 2 ** 20;
const progress: Progress = {
  type: 'progress',
  phase: 'downloading',
  stored: 24 * MiB,
  length: 64 * MiB,
  pieces: 96,
  pieceCount: 256,
  downloaded: 25 * MiB,
  uploaded: 0,
  rate: 8 * MiB,
  upRate: 0,
  ratio: 0,
  eta: 5,
  peers: { known: 12, connecting: 1, connected: 5, unchoked: 3, banned: 0 },
  wasted: 0,
};

describe('progressLines', () => {
  it('shows percent, bar, rate, time left, peers and pieces', () => {
    expect(progressLines(progress, 80)).toEqual([
      '37.5 %  ███████████████░░░░░░░░░░░░░░░░░░░░░░░░░  24.0 MiB of 64.0 MiB',
      '↓ 8.00 MiB/s · 5 s left · 5 of 12 peers · 96 of 256 pieces',
    ]);
  });

  it('says how many peers are connected in another way than plainly', () => {
    const peers = { ...progress.peers, roads: { 'tcp+rc4': 2 } };
    expect(progressLines({ ...progress, peers }, 80)[1]).toContain(' · 5 of 12 peers (2 by tcp+rc4) · ');
  });

  it('says why the download stalls, what was wasted, and that a stranger says so', () => {
    const reason = '12 peers known, 5 connected, none has unchoked us for 20 s\x1b[2J';
    const { eta, ...still } = progress;
    expect(eta).toBe(5);
    expect(progressLines({ ...still, rate: 0, wasted: MiB, reason }, 100).slice(1)).toEqual([
      '↓ 0 B/s · 5 of 12 peers · 96 of 256 pieces · 1.00 MiB wasted',
      '12 peers known, 5 connected, none has unchoked us for 20 s\\x1b[2J',
    ]);
  });

  it.each(['checking', 'paused', 'done'] as const)('names the phase %s instead of a rate', (phase) => {
    const [, second] = progressLines({ ...progress, phase }, 100);
    expect(second).not.toContain('/s');
    expect(second).toMatch({ checking: /^checking/, paused: /^paused: the disk is full/, done: /^done/ }[phase]);
  });

  it('fits in any width', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (width, reason, part) => {
          for (const line of progressLines({ ...progress, stored: part * progress.length, reason }, width))
            expect(columns(line)).toBeLessThanOrEqual(width);
          for (const line of checkingLines({ checked: 7, total: 12, valid: 5, rate: part }, width))
            expect(columns(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('never looks finished while the metadata of a link is unknown', () => {
    const { eta, ...still } = progress;
    expect(eta).toBe(5);
    const link: Progress = { ...still, phase: 'metadata', stored: 0, length: 0, pieces: 0, pieceCount: 0, rate: 0 };
    const peers = (known: number, connected: number): Progress => ({
      ...link,
      peers: { ...link.peers, known, connected },
    });
    expect(progressLines(peers(40, 12), 80)).toEqual(['asking 12 of 40 peers what the link stands for']);
    expect(progressLines(peers(40, 0), 80)).toEqual(['connecting to 40 peers, to ask what the link stands for']);
    expect(progressLines(peers(0, 0), 80)).toEqual(['looking for peers, to ask what the link stands for']);
    expect(progressLines({ ...peers(1, 1), reason: 'why' }, 80)).toEqual([
      'asking 1 of 1 peer what the link stands for',
      'why',
    ]);
    expect(progressLine({ ...peers(40, 12), reason: 'why' })).toBe(
      'asking 12 of 40 peers what the link stands for, why',
    );
  });

  it('is one line for a log', () => {
    expect(progressLine({ ...progress, reason: 'a\nb' })).toBe(
      '37.5 %, 24.0 MiB of 64.0 MiB, ↓ 8.00 MiB/s, 5 s left, 5 of 12 peers, 96 of 256 pieces, a\\x0ab',
    );
  });

  it('draws bars', () => {
    expect([bar(0, 10, 4), bar(5, 10, 4), bar(10, 10, 4), bar(0, 0, 4)]).toEqual(['░░░░', '██░░', '████', '████']);
  });
});

describe('funnelLines', () => {
  const none = { dialled: 0, connected: 0, handshaken: 0, interested: 0, unchoked: 0, sending: 0, lost: {} };
  const sample: FunnelSample = {
    type: 'funnel',
    sources: [
      {
        source: 'tracker',
        discovered: 50,
        dialled: 48,
        connected: 12,
        handshaken: 10,
        interested: 8,
        unchoked: 3,
        sending: 2,
        lost: { timeout: 30, refused: 6 },
      },
      { source: 'pex', ...none, discovered: 9, dialled: 4, lost: { known: 5 } },
      { source: 'manual', ...none, discovered: 1, roads: { 'tcp+rc4': 1 } },
    ],
  };

  it('say of each source how far its peers got, and why the others did not', () => {
    expect(funnelLines(sample)).toEqual([
      'tracker: 50 found · 48 dialled · 12 connected · 10 handshaken · 8 interested · 3 unchoked · 2 sending; ' +
        'lost: 30 timeout, 6 refused',
      'pex: 9 found · 4 dialled · 0 connected; lost: 5 known',
      'manual: 1 found · 0 dialled; by: 1 tcp+rc4',
    ]);
  });

  it('fit in any width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), (width) => {
        for (const line of funnelLines(sample, width)) expect(columns(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('are an event as --json has it', () => {
    expect(JSON.parse(jsonLine(jsonOf(sample)))).toEqual(sample);
    expect(eventLine(sample, true)).toBeUndefined();
  });
});

describe('paceLine', () => {
  it('says in which order and how often each source is asked', () => {
    expect(paceLine({ ...defaultPace, enough: 7 })).toBe(
      'pace: with fewer than 7 peers trackers are asked again after 1 min; ' +
        'a silent tracker is passed over after 15 s; if all fail, they are tried again after 5 s to 30 min; ' +
        'the local network is asked again after 1 min, else after 5 min; ' +
        'the DHT is asked again after 30 s if it knew no peer, else after 5 min to 15 min',
    );
    expect(paceLine({ ...defaultPace, dht: { ...defaultPace.dht, after: 20_000 } })).toContain(
      'the DHT is first asked after 20 s and asked again',
    );
  });
});

describe('events', () => {
  const address = { host: '192.0.2.7', port: 6881, source: 'tracker' } as const;

  it('turns peers into addresses', () => {
    expect(jsonOf({ type: 'stored', index: 3, length: 16, from: [address] })).toEqual({
      type: 'stored',
      index: 3,
      length: 16,
      from: [address],
    });
    const wired = { ...address, wire$: 'a socket' } as never;
    expect(jsonOf({ type: 'peer-joined', address: wired })).toStrictEqual({ type: 'peer-joined', ...address });
    expect(jsonOf({ type: 'peer-left', address: wired, reason: 'closed' })).toStrictEqual({
      type: 'peer-left',
      ...address,
      reason: 'closed',
    });
    expect(jsonOf({ type: 'choke', address: wired, reason: 'outbid' })).toStrictEqual({
      type: 'choke',
      ...address,
      reason: 'outbid',
    });
    expect(jsonOf(progress)).toStrictEqual(progress);
  });

  it('shows warnings always, the rest when asked', () => {
    expect(eventLine({ type: 'warning', code: 'failure-reason', message: 'tracker says \x1b[1mno' }, false)).toBe(
      'warning: tracker says \\x1b[1mno',
    );
    expect(eventLine({ type: 'stored', index: 3, length: 16, from: [address] }, false)).toBeUndefined();
    expect(eventLine({ type: 'stored', index: 3, length: 16, from: [address] }, true)).toBe(
      'piece 3 stored, 16 B from 192.0.2.7:6881',
    );
    expect(eventLine({ type: 'corrupt', index: 3, length: 16, from: [address] }, false)).toContain(
      'piece 3 had the wrong hash, from 192.0.2.7:6881',
    );
    expect(hostPort({ host: '2001:db8::7', port: 1 })).toBe('[2001:db8::7]:1');
  });
});

describe('peers and trackers', () => {
  it('are one line each, without passkeys', () => {
    expect(peerLine(peerEvent({ host: '2001:db8::1', port: 80, source: 'dht' }), false)).toBe('[2001:db8::1]:80  dht');
    const scraped = scrapedEvent('http://t.example/announce?key=secret', {
      infoHash: new Uint8Array(20),
      complete: 1,
      incomplete: 0,
      downloaded: 2,
    });
    expect(peerLine(scraped, false)).toBe('http://t.example/announce  1 seed, 0 leechers, 2 downloads');
  });

  it('say with --verbose which tracker is asked, and how often it has failed', () => {
    const asked = {
      type: 'tracker',
      url: 'udp://t.example:80/x?key=secret',
      tier: 1,
      state: 'asking',
      failures: 2,
    } as const;
    expect(eventLine(asked, true)).toBe('tracker udp://t.example:80/x: asked, tier 2, 2 failures so far');
    expect(eventLine({ ...asked, failures: 0 }, true)).toBe('tracker udp://t.example:80/x: asked, tier 2');
    expect(eventLine(asked, false)).toBeUndefined();
    expect(eventLine({ ...asked, state: 'failing' }, true)).toBeUndefined();
  });
});
