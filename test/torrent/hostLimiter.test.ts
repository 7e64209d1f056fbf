import { expect, it } from 'vitest';
import { HostLimiter } from '../../src/torrent/rates/hostLimiter.ts';

it('a host does something as often as it may, and all together as often as all may', () => {
  const limiter = new HostLimiter({
    host: { rate: 1, burst: 2 },
    nearby: { rate: 10, burst: 3 },
    all: { rate: 5, burst: 6 },
    remembered: 3,
  });
  const often = (host: string, now: number, times = 10): number => {
    const admitted = Array.from({ length: times }, () => limiter.admits(host, now)).filter(Boolean).length;
    limiter.check();
    return admitted;
  };
  expect([often('8.8.8.8', 0), often('192.168.0.1', 0), often('8.8.4.4', 0)]).toEqual([2, 3, 1]);
  expect([often('8.8.8.8', 1_000), often('192.168.0.1', 1_000), often('9.9.9.9', 1_000)]).toEqual([1, 3, 1]);
  expect(limiter.remembered).toBe(3);
});
