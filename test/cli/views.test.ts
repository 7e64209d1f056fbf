import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventTold } from '../../src/cli/json/events.ts';
import { eventLine, hostPort } from '../../src/cli/views/events.ts';
import { peerEvent, peerLine, scrapedEvent } from '../../src/cli/views/peers.ts';
import { funnelLines } from '../../src/cli/views/funnel.ts';
import { paceLine } from '../../src/cli/views/pace.ts';
import { bar, checkingLines, progressLine, progressLines } from '../../src/cli/views/progress.ts';
import { columns, fit, jsonLine, middle, visible } from '../../src/cli/io/text.ts';
import { bytes, bytesOf, counted, duration, percent, ranges, roughly } from '../../src/cli/io/units.ts';
import { defaultPace } from '../../src/discovery/pace.ts';
import type { FunnelSample, Progress } from '../../src/contracts/events.ts';
import type { Peer } from '../../src/contracts/peer.ts';

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

describe('units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1024, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [10 * 1024, '10.0 KiB'],
    [64 * MiB, '64.0 MiB'],
    [1023 * MiB, '1.00 GiB'],
    [5e15, '4.44 PiB'],
    [Number.NaN, '?'],
  ])('%s bytes are %s', (count, text) => expect(bytes(count)).toBe(text));

  it.each([
    [0, '0 s'],
    [0.4, '0.4 s'],
    [5, '5 s'],
    [59.7, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [3661, '1 h 1 min'],
    [90_000, '1 d 1 h'],
    [86_405, '1 d'],
    [1e12, 'more than 1000 d'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('%s seconds are %s', (count, text) => expect(duration(count)).toBe(text));

  it('never says 100 % too early', () => {
    expect(percent(99_999, 100_000)).toBe('99.9 %');
    expect(percent(100_000, 100_000)).toBe('100 %');
    expect(percent(0, 0)).toBe('100 %');
  });

  it('says a unit once where it is the same', () => {
    expect([bytesOf(42.4 * MiB, 64 * MiB), bytesOf(512 * 1024, 64 * MiB), bytesOf(0, 64 * MiB), bytesOf(3, 9)]).toEqual(
      ['42.4 of 64.0 MiB', '512 KiB of 64.0 MiB', '0 B of 64.0 MiB', '3 of 9 B'],
    );
  });

  it('says times in six columns, roughly', () => {
    expect([0.4, 59, 215, 86_399, 90_000, 998 * 86_400, 1e9, Infinity].map(roughly)).toEqual([
      '0.4 s',
      '59 s',
      '3 min',
      '23 h',
      '1 d',
      '998 d',
      '999+ d',
      '999+ d',
    ]);
  });

  it('counts and lists', () => {
    expect([counted(0, 'peer'), counted(1, 'peer'), counted(2, 'peer')]).toEqual(['0 peers', '1 peer', '2 peers']);
    expect(ranges([7, 1, 2, 3, 9, 10])).toEqual(['1–3', '7', '9–10']);
    expect(ranges([])).toEqual([]);
  });
});

describe('progressLines', () => {
  it('shows percent, bar, rate, time left, peers and pieces', () => {
    expect(progressLines(progress, 80)).toEqual([
      '37.5 %  ███████████████░░░░░░░░░░░░░░░░░░░░░░░░░  24.0 MiB of 64.0 MiB',
      '↓ 8.00 MiB/s · 5 s left · 5 of 12 peers · 96 of 256 pieces',
    ]);
  });

  it('says why nothing moves, what was wasted, and that it is a stranger who says so', () => {
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

  it('never looks finished while nobody has told what a link stands for', () => {
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
      { source: 'manual', ...none, discovered: 1 },
    ],
  };

  it('say of each source how far its peers got, and why the others did not', () => {
    expect(funnelLines(sample)).toEqual([
      'tracker: 50 found · 48 dialled · 12 connected · 10 handshaken · 8 interested · 3 unchoked · 2 sending; lost: 30 timeout, 6 refused',
      'pex: 9 found · 4 dialled · 0 connected; lost: 5 known',
      'manual: 1 found · 0 dialled',
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
    expect(JSON.parse(jsonLine(eventTold(sample)))).toEqual(sample);
    expect(eventLine(sample, true)).toBeUndefined();
  });
});

describe('paceLine', () => {
  it('says in which order and how often each source is asked', () => {
    expect(paceLine({ ...defaultPace, enough: 7 })).toBe(
      'pace: with fewer than 7 peers trackers are asked again after 1 min; a silent tracker is passed over after 15 s; ' +
        'all failing, they are tried again after 5 s to 30 min; the local network is asked again after 1 min, else after 5 min; ' +
        'the DHT is asked again after 30 s if it knew nobody, else after 5 min to 15 min',
    );
    expect(paceLine({ ...defaultPace, dht: { ...defaultPace.dht, after: 20_000 } })).toContain(
      'the DHT is first asked after 20 s and asked again',
    );
  });
});

describe('text', () => {
  it('makes controls and directions visible, and leaves the rest', () => {
    expect(visible('a\x1b[31m\u202etxt.exe\u0000\u009b\u200b')).toBe('a\\x1b[31m\\u{202e}txt.exe\\x00\\x9b\\u{200b}');
    expect(visible('Grüße, 日本 🎉')).toBe('Grüße, 日本 🎉');
  });

  it('leaves nothing that a terminal acts on, in text or JSON, and loses nothing in JSON', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, (given) => {
        expect(visible(given)).not.toMatch(/[\p{Cc}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u);
        expect(jsonLine({ given })).not.toMatch(/[\p{Cc}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u);
        expect(JSON.parse(jsonLine({ given }))).toEqual({ given });
      }),
    );
  });

  it('counts columns and cuts', () => {
    expect([columns('abc'), columns('日本'), columns('e\u0301'), columns('🎉')]).toEqual([3, 4, 1, 2]);
    expect([fit('abcdef', 6), fit('abcdef', 4), fit('日本語', 4), fit('ab', 0)]).toEqual(['abcdef', 'abc…', '日…', '']);
    const family = '👨‍👩‍👧‍👦';
    expect([columns(family), columns('🇩🇪'), columns('각'), columns('नमस्ते') < 'नमस्ते'.length]).toEqual([2, 2, 2, true]);
    expect([fit(family.repeat(3), 5), fit(family.repeat(3), 4), fit('e\u0301e\u0301e\u0301', 2)]).toEqual([
      `${family}${family}…`,
      `${family}…`,
      'e\u0301…',
    ]);
  });

  it('cuts names in the middle', () => {
    expect([
      middle('debian-12.7.0.iso', 17),
      middle('debian-12.7.0.iso', 10),
      middle('debian-12.7.0.iso', 2),
      middle('x'.repeat(9), 1),
      middle('ab', 0),
    ]).toEqual(['debian-12.7.0.iso', 'debian…iso', 'd…', '…', '']);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 40 }), (text, limit) => {
        expect(columns(middle(visible(text), limit))).toBeLessThanOrEqual(limit);
        expect(columns(fit(visible(text), limit))).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

describe('events', () => {
  const address = { host: '192.0.2.7', port: 6881, source: 'tracker' } as const;
  const peer = { address, id: new Uint8Array(20) } as unknown as Peer;

  it('turns peers into addresses', () => {
    expect(eventTold({ type: 'stored', index: 3, length: 16, from: [peer] })).toEqual({
      type: 'stored',
      index: 3,
      length: 16,
      from: [address],
    });
    const wired = { ...address, wire$: 'a socket' } as never;
    expect(eventTold({ type: 'peer-joined', address: wired })).toStrictEqual({ type: 'peer-joined', ...address });
    expect(eventTold({ type: 'peer-left', address: wired, reason: 'closed' })).toStrictEqual({
      type: 'peer-left',
      ...address,
      reason: 'closed',
    });
    expect(eventTold({ type: 'choke', address: wired, reason: 'outbid' })).toStrictEqual({
      type: 'choke',
      ...address,
      reason: 'outbid',
    });
    expect(eventTold(progress)).toStrictEqual(progress);
  });

  it('shows warnings always, the rest when asked', () => {
    expect(eventLine({ type: 'warning', code: 'failure-reason', message: 'tracker says \x1b[1mno' }, false)).toBe(
      'warning: tracker says \\x1b[1mno',
    );
    expect(eventLine({ type: 'stored', index: 3, length: 16, from: [peer] }, false)).toBeUndefined();
    expect(eventLine({ type: 'stored', index: 3, length: 16, from: [peer] }, true)).toBe(
      'piece 3 stored, 16 B from 192.0.2.7:6881',
    );
    expect(eventLine({ type: 'corrupt', index: 3, length: 16, from: [peer] }, false)).toContain(
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

  it('say who is asked, and how often it has failed, to those who want to know', () => {
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
