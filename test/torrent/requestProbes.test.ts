import { describe, expect, it } from 'vitest';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { Line } from './requestLine.ts';

describe('a peer that may have dropped what it was asked for', () => {
  /** Twenty blocks a second, and then nothing. */
  const silenced = (): Line => {
    const line = new Line();
    for (let n = 0; n < 8; n++) line.second(20);
    return line;
  };

  it('is asked again for the last of it after a second, once', () => {
    const { window, now } = silenced();
    const { inFlight, keys } = window;
    expect(window.probe(now + 999)).toBeUndefined();
    expect(window.probe(now + 1000)).toBe(keys.at(-1));
    expect([window.inFlight, window.waited(now + 1000)]).toEqual([inFlight, 1000]);
    expect(window.probe(now + 1999)).toBeUndefined();
    window.check();
  });

  it('has dropped the others if it answers that before them; what comes twice is no lie', () => {
    const { window, now } = silenced();
    const others = window.keys.slice(0, -1);
    const probe = window.probe(now + 1000) as number;
    expect(window.lost(now + 1001)).toEqual([]);
    expect(window.take(probe, BLOCK)).toBe('expected');
    expect(window.lost(now + 1010)).toEqual(others);
    expect([window.take(probe, BLOCK), window.take(probe, BLOCK)]).toEqual(['late', 'unexpected']);
  });

  it('is not asked again if it has dropped nothing, has sent nothing yet, takes its time, or is snubbed', () => {
    const idle = silenced();
    idle.window.drain();
    const fresh = new Line();
    fresh.ask();
    const slow = new Line();
    for (let n = 0; n < 20; n++) slow.second(n % 2);
    slow.ask();
    const snubbed = silenced();
    snubbed.window.expire(snubbed.now);
    snubbed.ask();
    const { window, now } = slow;
    expect(window.probe(now + window.patience - 1)).toBeUndefined();
    for (const line of [idle, fresh, snubbed]) expect(line.window.probe(line.now + 2000)).toBeUndefined();
  });

  it('is asked for more before half of it has come, for two seconds, as the rest may have been dropped, too', () => {
    const line = silenced();
    const { window, now } = line;
    window.take(window.keys[0] as number, BLOCK);
    line.ask(1);
    window.tick(now + 1000);
    expect([window.room, window.free]).toEqual([0, 0]);
    window.probe(now + 2000);
    window.take(window.keys.at(-1) as number, BLOCK);
    expect(window.lost(now + 2010).length).toBeGreaterThan(0);
    line.ask(window.limit - 1);
    expect([window.room, window.free]).toEqual([0, 1]);
    window.tick(now + 5000);
    line.ask(window.limit - window.inFlight - 1);
    expect([window.room, window.free]).toEqual([0, 0]);
  });
});
