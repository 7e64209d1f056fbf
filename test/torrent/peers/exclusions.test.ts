import { describe, expect, it } from 'vitest';
import { hostOf } from '../../../src/torrent/peers/addressKeys.ts';
import { Exclusions } from '../../../src/torrent/peers/exclusions.ts';

const at = (n: number) => ({ host: `8.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, port: 6881 });

describe('addresses that are never dialled', () => {
  it('are all of a banned host, and one of our own', () => {
    const excluded = new Exclusions();
    excluded.ban(hostOf(at(1)));
    excluded.addSelf(at(2));
    const seen = [at(1), { ...at(1), port: 1 }, at(2), { ...at(2), port: 1 }];
    expect(seen.map((address) => excluded.isBanned(address))).toEqual([true, true, false, false]);
    expect(seen.map((address) => excluded.isSelf(address))).toEqual([false, false, true, false]);
    expect(excluded.banned).toBe(1);
  });

  it('are remembered within limits, and the oldest are forgotten first', () => {
    const excluded = new Exclusions();
    for (let n = 0; n < 10_001; n++) excluded.ban(hostOf(at(n)));
    for (let n = 0; n < 101; n++) excluded.addSelf(at(n));
    expect([excluded.isBanned(at(0)), excluded.isBanned(at(1)), excluded.banned]).toEqual([false, true, 10_000]);
    expect([excluded.isSelf(at(0)), excluded.isSelf(at(1))]).toEqual([false, true]);
    excluded.check();
  });
});
