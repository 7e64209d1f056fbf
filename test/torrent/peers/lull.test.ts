import { describe, expect, it } from 'vitest';
import { LULL, Lull } from '../../../src/torrent/peers/lull.ts';

interface Someone {
  readonly state: { heard: number; downloaded: number };
}

const giver = (): Someone => ({ state: { heard: 100, downloaded: 100 } });

/** A second of each, in which those who speak say a byte; whether each of them is given up. */
const lullOf = (...peers: Someone[]) => {
  const lull = new Lull<Someone>(() => peers);
  let now = 0;
  return (speak: readonly Someone[] = [], owing: readonly Someone[] = peers): readonly boolean[] => {
    now += 1000;
    for (const peer of speak) peer.state.heard++;
    return peers.map((peer) => {
      if (!owing.includes(peer)) return false;
      lull.notice(peer, now);
      return lull.lost(peer);
    });
  };
};

describe('a lull', () => {
  // The first of them is told a second after the last one has been looked at.
  const seconds = LULL + 1;

  it('is one when all that were giving fall silent together', () => {
    const [a, b] = [giver(), giver()];
    const second = lullOf(a, b);
    for (let n = 0; n < 5; n++) expect(second([a, b])).toEqual([false, false]);
    const told = Array.from({ length: seconds }, () => second());
    expect(told[0]).toEqual([false, false]);
    expect(told.at(-1)).toEqual([true, true]);
  });

  it('is none when one of them speaks, when only one was there, or when one has never given anything', () => {
    const [a, b, c] = [giver(), giver(), giver()];
    const speaks = lullOf(a, b, c);
    for (let n = 0; n < 20; n++) expect(speaks([b])).toEqual([false, false, false]);
    const alone = lullOf(giver());
    for (let n = 0; n < 20; n++) expect(alone()).toEqual([false]);
    const empty = { state: { heard: 100, downloaded: 0 } };
    const mute = lullOf(giver(), empty);
    for (let n = 0; n < 20; n++) expect(mute()).toEqual([false, false]);
  });

  it('is none while peers pause as they always do', () => {
    const [a, b] = [giver(), giver()];
    const second = lullOf(a, b);
    // A block every five seconds from each, at the same time.
    for (let n = 0; n <= 60; n++) expect(second(n % 5 === 0 ? [a, b] : [])).toEqual([false, false]);
    for (let n = 0; n < 11; n++) expect(second()).toEqual([false, false]);
    expect([second(), second()]).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it('does not count peers that owe nothing, nor the time in which they owed nothing', () => {
    const [a, b] = [giver(), giver()];
    const second = lullOf(a, b);
    second([a, b]);
    for (let n = 0; n < 20; n++) expect(second([], [a])).toEqual([false, false]);
    expect(second()).toEqual([false, false]);
    const told = Array.from({ length: seconds }, () => second());
    expect(told.at(-1)).toEqual([true, true]);
  });

  it('is not brought about by asking, however often', () => {
    const [a, b] = [giver(), giver()];
    const lull = new Lull<Someone>(() => [a, b]);
    for (const at of [1000, 2000]) for (const peer of [a, b]) lull.notice(peer, at);
    for (let n = 0; n < 5 * LULL; n++) expect([lull.lost(a), lull.lost(b)]).toEqual([false, false]);
    for (let second = 3; second <= LULL + 2; second++) for (const peer of [a, b]) lull.notice(peer, second * 1000);
    for (let n = 0; n < 3; n++) expect([lull.lost(a), lull.lost(b)]).toEqual([true, true]);
    a.state.heard++;
    expect([lull.lost(a), lull.lost(b)]).toEqual([true, true]);
    for (const peer of [a, b]) lull.notice(peer, (LULL + 3) * 1000);
    expect([lull.lost(a), lull.lost(b)]).toEqual([false, true]);
  });
});
