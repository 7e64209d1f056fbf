import type { SwarmHost, SwarmPlan } from './plan.ts';

/** A line: megabits a second up and down, milliseconds to the middle, and the share of packets that is lost. */
const line = (up: number, down: number, delay: number, loss = 0): SwarmHost => ({
  up: up * 125_000,
  down: down * 125_000,
  delay,
  ...(loss > 0 && { loss }),
});

const several = (count: number, host: (nth: number) => SwarmHost): readonly SwarmHost[] =>
  Array.from({ length: count }, (_, nth) => host(nth));

/** A torrent of so many MiB in pieces of 256 KiB. */
const sized = (size: number): NonNullable<SwarmPlan['torrent']> => ({ pieces: size * 4, blocksPerPiece: 16 });

/** Milliseconds after which those come who take: whoever gives is there already. */
const LATER = 2_000;
const takers = (hosts: readonly SwarmHost[]): readonly SwarmHost[] => hosts.map((host) => ({ ...host, joins: LATER }));

/**
 * Swarms with a name, each for what makes it hard. `far`: one seed, 200 ms there and back. `lossy`: the same with
 * 100 ms, and two packets of a thousand are lost. `crowd`: 24 slow seeds, near and far, and one fast leecher. `flash`:
 * one seed and eight leechers that begin together. `lopsided`: the same, and half of them have little to give with.
 */
export const swarms = {
  far: {
    torrent: sized(64),
    hosts: [{ ...line(100, 100, 50), has: 'all' }, ...takers([line(100, 100, 50)])],
  },
  lossy: {
    torrent: sized(48),
    hosts: [{ ...line(100, 100, 25, 0.001), has: 'all' }, ...takers([line(100, 100, 25, 0.001)])],
  },
  crowd: {
    torrent: sized(64),
    hosts: [
      ...several(24, (nth) => ({ ...line(4, 20, 10 + Math.round((140 * nth) / 23), 0.001), has: 'all' })),
      ...takers([line(100, 100, 5)]),
    ],
  },
  flash: {
    torrent: sized(24),
    hosts: [{ ...line(16, 16, 10), has: 'all' }, ...takers(several(8, (nth) => line(16, 16, 10 + 7 * nth)))],
  },
  lopsided: {
    torrent: sized(24),
    hosts: [
      { ...line(16, 16, 10), has: 'all' },
      ...takers(several(8, (nth) => line(nth % 2 === 1 ? 2 : 16, 16, 10 + 7 * nth))),
    ],
  },
} satisfies Readonly<Record<string, SwarmPlan>>;
