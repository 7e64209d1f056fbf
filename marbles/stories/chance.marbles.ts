import { describe, expect, it } from 'vitest';
import { StorageError } from '../../src/contracts/errors.ts';
import {
  blurts,
  chokesAfter,
  corrupts,
  drawn,
  garbage,
  hangsUpAfter,
  honest,
  neverUnchokes,
  silent,
  stallsAfter,
  wrongInfoHash,
  type Mark,
  type Player,
  type World,
} from '../index.ts';
import { seeded } from '../random.ts';
import { downloaded } from './scene.ts';

const FATES = 30;

/** A player by chance; what it has, how fast it is, and what is wrong with it. */
const someone = (random: () => number, pieces: number): Player => {
  const below = (most: number): number => Math.floor(random() * most);
  const has =
    random() < 0.3
      ? ('all' as const)
      : Array.from({ length: pieces }, (_, piece) => piece).filter(() => random() < 0.5);
  const player = honest({ latency: below(60), pace: below(300), has, fast: random() < 0.5 });
  const faults: readonly ((player: Player) => Player)[] = [
    (one) => one,
    (one) => stallsAfter(below(6), one),
    (one) => hangsUpAfter(1 + below(6), one),
    (one) => chokesAfter(1 + below(6), below(90_000), one),
    (one) => corrupts([1 + below(20)], one),
    (one) => corrupts([], one),
    (one) => neverUnchokes(one),
    (one) => wrongInfoHash(one),
    (one) => blurts([{ type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(16_384) }], one),
    () => silent(),
    () => garbage(),
  ];
  const fault = faults[below(faults.length)] ?? corrupts.bind(undefined, []);
  return fault(random() < 0.3 ? chokesAfter(1 + below(4), below(5000), player) : player);
};

describe('whatever peers and disk do', () => {
  it.each(Array.from({ length: FATES }, (_, seed) => seed))(
    'a download with one honest peer ends with every byte in place: fate %i',
    (seed) => {
      const random = seeded(seed + 1);
      const size = {
        pieces: 1 + Math.floor(random() * 12),
        blocksPerPiece: 1 + Math.floor(random() * 6),
        lastBlock: 1 + Math.floor(random() * 16_384),
      };
      const peers: Record<string, Player> = {};
      for (let nth = Math.floor(random() * 12); nth > 0; nth--)
        peers[`10.1.1.${nth}:7000`] = someone(random, size.pieces);
      peers['10.1.2.1:7000'] = honest({ latency: 30, pace: 50 });
      const memory = random() < 0.5 ? 1 : 2 ** 30;
      let there: World | undefined;
      let tidings: readonly Mark[] = [];
      drawn(
        (stage) => {
          const fails = (work: string, nth: number) =>
            work === 'write' && nth % 5 === 2 ? new StorageError('full', 'no room') : undefined;
          there = stage.world({
            peers,
            seed,
            chunk: 1 + Math.floor(random() * 20_000),
            disk: { takes: Math.floor(random() * 40), fails },
          });
          tidings = stage.watch(
            downloaded(stage, there, { memory, maxPeers: 1 + Math.floor(random() * 12) }),
            '^ 600m !',
          );
        },
        { torrent: size },
      )();
      expect(tidings.at(-1)?.kind).toBe('end');
      expect(there?.disk.bytes.every((byte, at) => byte === (Math.floor(at / 16_384) + 1) % 256)).toBe(true);
    },
  );
});
