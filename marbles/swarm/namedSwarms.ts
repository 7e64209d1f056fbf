import type { SwarmHost, SwarmPlan } from './plan.ts';

const MiB = 2 ** 20;
/** Bytes a second of so many Mbit/s. */
const mbit = (rate: number): number => (rate * 1e6) / 8;

/** A swarm that has a name: what it is made of, but for its seed. */
interface Shape {
  readonly about: string;
  readonly mib: number;
  readonly hosts: readonly SwarmHost[];
}

const hosts = (count: number, host: (nth: number) => SwarmHost): readonly SwarmHost[] =>
  Array.from({ length: count }, (_, nth) => host(nth));

/** One seed on a line like those of the leechers. */
const oneSeed: SwarmHost = { has: 'all', up: mbit(16), down: mbit(16), delay: 10 };
const leecher = (nth: number, up = 16): SwarmHost => ({ up: mbit(up), down: mbit(16), delay: 10 + 7 * nth });
const wide = (delay: number, loss = 0): SwarmHost => ({ up: mbit(100), down: mbit(100), delay, loss });

const SHAPES: Readonly<Record<string, Shape>> = {
  far: {
    about: 'one seed, 100 Mbit/s both ways, 200 ms there and back',
    mib: 64,
    hosts: [{ has: 'all', ...wide(50) }, wide(50)],
  },
  lossy: {
    about: 'the same with 100 ms, and 0.1 % of the packets lost at each end',
    mib: 48,
    hosts: [{ has: 'all', ...wide(25, 0.001) }, wide(25, 0.001)],
  },
  crowd: {
    about: '24 seeds of 4 Mbit/s at 20 to 300 ms, 0.1 % lost; one leecher of 100 Mbit/s',
    mib: 64,
    hosts: [
      ...hosts(24, (nth) => ({ has: 'all', up: mbit(4), down: mbit(20), delay: 10 + (140 * nth) / 23, loss: 0.001 })),
      wide(5),
    ],
  },
  flash: {
    about: 'one seed of 16 Mbit/s and 8 leechers of 16 Mbit/s both ways, 20 to 120 ms, which all come at once',
    mib: 24,
    hosts: [oneSeed, ...hosts(8, (nth) => leecher(nth))],
  },
  lopsided: {
    about: 'one seed of 16 Mbit/s and 8 leechers of 16 Mbit/s down; four of them have 2 Mbit/s up, and four 16',
    mib: 24,
    hosts: [oneSeed, ...hosts(8, (nth) => leecher(nth, nth % 2 === 0 ? 16 : 2))],
  },
};

/** The names of swarms, and what each is. */
export const SWARMS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SHAPES).map(([name, { about }]) => [name, about]),
);

/** Blocks of a piece of 256 KiB. */
const BLOCKS_PER_PIECE = 16;

/**
 * The plan of a swarm by its name, or undefined: `far`, `lossy`, `crowd`, `flash`, `lopsided`. `mib` is the size of the
 * torrent in MiB, if it is not to be that of the name; pieces have 256 KiB.
 */
export const swarmNamed = (name: string, { mib }: { readonly mib?: number } = {}): SwarmPlan | undefined => {
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (shape === undefined) return undefined;
  const pieces = Math.max(1, Math.round(((mib ?? shape.mib) * MiB) / (BLOCKS_PER_PIECE * 2 ** 14)));
  return { torrent: { pieces, blocksPerPiece: BLOCKS_PER_PIECE }, hosts: shape.hosts };
};
