import { describe, expect, it } from 'vitest';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { contentOf } from '../swarm/content.ts';
import { drawnDuel } from '../swarm/drawnDuel.ts';
import { addresses, peers } from '../swarm/fixture.ts';
import type { Conduct, Talk } from '../swarm/scriptedPeer.ts';
import { count, leavings, run } from '../swarm/run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const content = contentOf({ length: 4 * MiB - 5, pieceLength: 128 * KiB });
const piece = 128 * KiB;

/** Spoils one in `n` of the blocks it gives. */
const spoilsOneIn = (n: number): Conduct => {
  let blocks = 0;
  return {
    onRequest: (request, talk) => {
      if (++blocks % n !== 0) return false;
      talk.giveWrong(request);
      return true;
    },
  };
};

describe('wrong bytes', () => {
  it.each([1, 3, 8, 20])('one block in %i from a liar, beside an honest seed', (n) => {
    const { ran, hostile, honest } = drawnDuel(content, spoilsOneIn(n), { honest: { bytesPerSecond: 8 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(count(ran, 'corrupt')).toBeLessThanOrEqual(3);
    expect(leavings(ran, hostile.port)[0]).toBe('corrupt');
    expect(leavings(ran, honest.port)).not.toContain('corrupt');
    expect(ran.progress.peers.banned).toBe(1);
    expect(ran.progress.wasted).toBeLessThanOrEqual(3 * piece);
    expect(hostile.talks.length).toBe(1);
  });

  it('three liars among five honest seeds: all liars go, all others stay', async () => {
    const bad = await peers(content, [spoilsOneIn(2), spoilsOneIn(5), { ...spoilsOneIn(4), fast: false }]);
    const good = await peers(content, new Array<Conduct>(5).fill({ bytesPerSecond: 2 * MiB }));
    const ran = await run(content, { peers: addresses([...bad, ...good]) });
    expect(ran.sha256).toBe(content.sha256);
    expect(good.flatMap(({ port }) => leavings(ran, port)).filter((reason) => reason === 'corrupt')).toEqual([]);
    expect(count(ran, 'corrupt')).toBeLessThanOrEqual(9);
    expect(ran.progress.peers.banned).toBe(3);
  });

  it('a liar that hangs up after each bad block and is called again does not come back once it is known', () => {
    let blocks = 0;
    const conduct: Conduct = {
      onRequest: (request, talk) => {
        if (++blocks % 4 !== 0) return false;
        talk.giveWrong(request);
        talk.after(20, () => talk.socket.destroy());
        return true;
      },
    };
    const { ran, hostile } = drawnDuel(content, conduct, { honest: { bytesPerSecond: MiB / 2 } });
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.progress.peers.banned).toBe(1);
    expect(count(ran, 'corrupt')).toBeLessThanOrEqual(3);
    expect(hostile.talks.length).toBe(1);
  });
});

const offer = (talk: Talk, index: number, begin: number, length: number): void => {
  talk.send({ type: 'piece', piece: index, begin, bytes: new Uint8Array(length).fill(0xbd) });
};

describe('blocks nobody asked for', () => {
  it.each([40, 100])('%i wrong ones at once do no harm and end the conversation', (blocks) => {
    const flood: Conduct = {
      onMessage: (message, talk) => {
        if (message.type !== 'interested') return false;
        talk.unchoke();
        for (let n = 0; n < blocks; n++)
          offer(talk, n % 32, BLOCK * (n % 8), BLOCK - (n % 32 === 31 && n % 8 === 7 ? 5 : 0));
        return true;
      },
      onRequest: () => true,
    };
    const { ran, hostile, honest } = drawnDuel(content, flood);
    expect(ran.sha256).toBe(content.sha256);
    expect(count(ran, 'corrupt')).toBeLessThanOrEqual(1);
    expect(['unexpected', 'corrupt']).toContain(leavings(ran, hostile.port)[0]);
    expect(leavings(ran, honest.port)).not.toContain('corrupt');
  });

  it('blocks while it chokes us', () => {
    const flood: Conduct = {
      unchokeAfter: Infinity,
      onMessage: (message, talk) => {
        if (message.type === 'interested') for (let n = 0; n < 100; n++) offer(talk, n % 31, BLOCK * (n % 8), BLOCK);
        return true;
      },
    };
    const { ran, hostile } = drawnDuel(content, flood, { honest: { bytesPerSecond: 4 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(count(ran, 'corrupt')).toBe(0);
    expect(leavings(ran, hostile.port)[0]).toBe('unexpected');
  });

  const shifted: readonly (readonly [string, (talk: Talk, index: number, begin: number) => void])[] = [
    ['the wrong piece', (talk, index, begin) => offer(talk, index === 0 ? 1 : index - 1, begin, BLOCK)],
    ['a piece past the end', (talk, _, begin) => offer(talk, 5000, begin, BLOCK)],
    ['the last piece there can be', (talk, _, begin) => offer(talk, 0xffff_ffff, begin, BLOCK)],
    ['an offset that is no multiple of a block', (talk, index, begin) => offer(talk, index, begin + 1, BLOCK)],
    ['an offset past the end of the piece', (talk, index) => offer(talk, index, piece, BLOCK)],
    ['the largest offset there can be', (talk, index) => offer(talk, index, 0xffff_c000, BLOCK)],
    ['a block that is too short', (talk, index, begin) => offer(talk, index, begin, BLOCK - 1)],
    ['a block of one byte', (talk, index, begin) => offer(talk, index, begin, 1)],
  ];
  it.each(shifted)('%s for each request', (_, answer) => {
    const { ran, hostile, honest } = drawnDuel(content, {
      onRequest: ({ piece: index, begin }, talk) => {
        answer(talk, index, begin);
        return true;
      },
    });
    expect(ran.sha256).toBe(content.sha256);
    expect(count(ran, 'corrupt')).toBe(0);
    expect(leavings(ran, honest.port)).not.toContain('corrupt');
    expect(hostile.talks.length).toBe(1);
  });

  it('empty blocks for each request are rejects: ten requests a second', () => {
    const empties: Conduct = { onRequest: ({ piece: index, begin }, talk) => (offer(talk, index, begin, 0), true) };
    const { ran, hostile } = drawnDuel(content, empties, { honest: { bytesPerSecond: 1.5 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(hostile.talks[0]?.requests.length).toBeLessThanOrEqual(10 * (ran.took / 1000) + 14);
    expect(count(ran, 'corrupt')).toBe(0);
  });

  it('empty blocks that were not asked for end the conversation', () => {
    const empties: Conduct = {
      onRequest: ({ piece: index, begin }, talk) => {
        for (let n = 0; n < 12; n++) offer(talk, index, begin, 0);
        return true;
      },
    };
    const { ran, hostile } = drawnDuel(content, empties, { honest: { bytesPerSecond: 8 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(leavings(ran, hostile.port)[0]).toBe('unexpected');
  });

  it('a block that was asked for once, and comes a thousand times, ends the conversation', () => {
    const repeats: Conduct = {
      onRequest: (request, talk) => {
        if (talk.requests.length === 1) for (let n = 0; n < 1000; n++) talk.give(request);
        return true;
      },
    };
    const choking: Conduct = {
      ...repeats,
      fast: false,
      onRequest: (request, talk) => (talk.requests.length === 1 && talk.choke(), repeats.onRequest?.(request, talk)),
    };
    for (const conduct of [repeats, choking]) {
      const { ran, hostile } = drawnDuel(content, conduct, { honest: { bytesPerSecond: 8 * MiB } });
      expect(ran.sha256).toBe(content.sha256);
      expect(leavings(ran, hostile.port)[0]).toBe('unexpected');
      expect(ran.progress.wasted).toBeLessThanOrEqual(12 * BLOCK);
    }
  });

  it('one larger than was asked for ends the conversation', () => {
    for (const [length, reason] of [
      [BLOCK + 1, 'oversized'],
      [4 * BLOCK, 'oversized'],
    ] as const) {
      const { ran, hostile } = drawnDuel(content, {
        onRequest: ({ piece: index, begin }, talk) => {
          offer(talk, index, begin, length);
          return true;
        },
      });
      expect(ran.sha256).toBe(content.sha256);
      expect(leavings(ran, hostile.port)[0]).toBe(reason);
    }
  });

  it('every block twice costs no more than the second copies', () => {
    const twice: Conduct = {
      onRequest: (request, talk) => {
        talk.give(request);
        talk.give(request);
        return true;
      },
    };
    const { ran, hostile } = drawnDuel(content, twice, { honest: { bytesPerSecond: 8 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(leavings(ran, hostile.port)[0]).toBe('unexpected');
    expect(ran.progress.wasted).toBeLessThanOrEqual(hostile.givenBytes);
  });
});

describe('all of it at once', () => {
  it('every kind of peer beside three honest seeds', async () => {
    const zoo: readonly Conduct[] = [
      spoilsOneIn(1),
      spoilsOneIn(7),
      { ...spoilsOneIn(3), fast: false },
      { onConnect: () => true },
      { onConnect: (talk) => (talk.raw(new Uint8Array(5000).fill(0x13)), true) },
      { onHandshake: () => true },
      { onHandshake: (talk) => (talk.send({ type: 'have', piece: 10_000 }), true) },
      { unchokeAfter: Infinity },
      { onRequest: () => true },
      {
        onRequest: ({ piece: index, begin, length }, talk) => (
          talk.send({ type: 'reject', piece: index, begin, length }), true
        ),
      },
      { fast: false, onRequest: (_, talk) => (talk.choke(), talk.unchoke(), true) },
      { onRequest: ({ piece: index, begin }, talk) => (offer(talk, index, begin, 77), true) },
      { onRequest: (_, talk) => (talk.socket.destroy(), true) },
      { leaveAfter: 9 },
      { have: [3, 9, 27] },
      { have: [] },
      { bytesPerSecond: 8 * KiB },
      { infoHash: new Uint8Array(20) },
    ];
    const bad = await peers(content, zoo);
    const good = await peers(content, [
      { bytesPerSecond: MiB },
      { bytesPerSecond: MiB, fast: false },
      { bytesPerSecond: MiB, unchokeAfter: 500 },
    ]);
    const ran = await run(content, { peers: addresses([...bad, ...good]) });
    expect(ran.sha256).toBe(content.sha256);
    expect(good.flatMap(({ port }) => leavings(ran, port))).toEqual([]);
    expect(count(ran, 'corrupt')).toBeLessThanOrEqual(9);
    expect(bad.slice(0, 3).every(({ connected }) => connected === 0)).toBe(true);
  });
});
