import { seeded } from '../../marbles/random.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { type Asker, PiecePicker, type Wanted } from '../../src/torrent/picker/piecePicker.ts';
import { figure, median, table } from './measure.ts';

/** How much each peer has: everything, or each piece with this chance. */
interface Crowd {
  readonly name: string;
  readonly has: (peer: number, piece: number, random: () => number) => boolean;
}

const PEERS = 200;
const BATCH = 16;
/** Picks after which a figure is trusted. */
const PICKS = 40_000;
const RUNS = 3;

const crowds: readonly Crowd[] = [
  { name: 'all seeds', has: () => true },
  { name: 'one seed, the others half each', has: (peer, _, random) => peer === 0 || random() < 0.5 },
  { name: 'one seed, the others the same 70 %', has: (peer, piece) => peer === 0 || piece % 10 < 7 },
  { name: 'one seed, the others 1 % each', has: (peer, _, random) => peer === 0 || random() < 0.01 },
];

const silent = (): Asker => ({ cancel: () => {} });

/**
 * Blocks picked a second by peers who take turns, of which every tenth turn also tells of a new piece or gives blocks
 * back: never all of them, or peers that give nothing would ask for the last block for ever.
 */
const measure = (
  pieceCount: number,
  blocksPerPiece: number,
  { has }: Crowd,
): { readonly perSecond: number; readonly perCall: number; readonly slowest: number } => {
  const random = seeded(7);
  const geometry = new Geometry({ length: pieceCount * blocksPerPiece * BLOCK, pieceLength: blocksPerPiece * BLOCK });
  const picker = new PiecePicker(geometry, { random, memory: 2 ** 26 });
  const peers = Array.from({ length: PEERS }, (_, peer) => {
    const have = new Bitfield(pieceCount);
    for (let piece = 0; piece < pieceCount; piece++) if (has(peer, piece, random)) have.set(piece);
    const asker = silent();
    picker.availability.told(asker, have);
    return { asker, have, asked: [] as Wanted[] };
  });
  let [picks, slowest, turn, idle] = [0, 0, 0, 0];
  const began = performance.now();
  while (picks < PICKS && idle < PEERS && !picker.complete) {
    const { asker, have, asked } = peers[turn % PEERS] as (typeof peers)[number];
    turn++;
    for (const { piece, block } of asked.splice(0, turn % 10 === 0 ? Math.max(1, asked.length - 1) : asked.length)) {
      picker.received(asker, piece, block);
      if (!picker.wantsPiece(piece) && !picker.stored.has(piece)) picker.settle({ type: 'stored', index: piece });
    }
    picker.release(asker, asked.splice(0));
    if (turn % 10 === 0 && !have.full) {
      const piece = Math.floor(random() * pieceCount);
      if (have.set(piece)) picker.availability.gained(asker, piece);
    }
    const before = performance.now();
    const wanted = picker.next(asker, asker, have, BATCH, true);
    slowest = Math.max(slowest, performance.now() - before);
    asked.push(...wanted);
    picks += wanted.length;
    idle = wanted.length === 0 ? idle + 1 : 0;
  }
  const elapsed = performance.now() - began;
  return { perSecond: (picks * 1000) / elapsed, perCall: (elapsed * 1000) / turn, slowest };
};

const rows: string[][] = [];
for (const [pieceCount, blocksPerPiece] of [
  [100_000, 16],
  [100_000, 1],
  [2_000, 16],
] as const) {
  for (const crowd of crowds) {
    // The first run warms up.
    const runs = Array.from({ length: RUNS + 1 }, () => measure(pieceCount, blocksPerPiece, crowd)).slice(1);
    const perSecond = median(runs.map((run) => run.perSecond));
    const perCall = median(runs.map((run) => run.perCall));
    const slowest = Math.max(...runs.map((run) => run.slowest));
    rows.push([
      `${pieceCount} × ${blocksPerPiece}, ${crowd.name}`,
      figure(perSecond),
      figure(1e6 / perSecond),
      figure(perCall),
      figure(slowest),
    ]);
  }
}
table(
  `picker: ${PEERS} peers, pieces × blocks (medians of ${RUNS})`,
  ['', 'picks/s', 'µs/pick', 'µs/turn', 'slowest ms'],
  rows,
);
