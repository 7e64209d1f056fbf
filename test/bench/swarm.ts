/**
 * What whole swarms of our own clients cost in real time: `tsx test/bench/swarm.ts [clients] [MiB] [seconds]`, by
 * default a hundred who exchange 64 MiB and are there for ten minutes. One has all from the start.
 */
import { type SwarmHost, swarmOf } from '../../marbles/index.ts';
import { MiB } from './measure.ts';

const [clients = 100, size = 64, lasts = 600] = process.argv.slice(2).map(Number);
/** Blocks of a piece of 1 MiB. */
const blocksPerPiece = 64;
const pieces = Math.ceil((size * MiB) / (blocksPerPiece * 2 ** 14));

/** Lines as people have them: a few fast ones, most with less up than down. */
const lineOf = (nth: number): SwarmHost =>
  nth % 5 === 0
    ? { up: 2_000_000, down: 10_000_000, delay: 10 + (nth % 7) * 5 }
    : { up: 250_000, down: 2_000_000, delay: 20 + (nth % 11) * 10 };
const hosts = Array.from(
  { length: clients },
  (_, nth): SwarmHost => ({
    ...lineOf(nth),
    ...(nth === 0 && { has: 'all' }),
  }),
);

const began = process.cpuUsage();
const run = swarmOf({ torrent: { pieces, blocksPerPiece }, hosts, lasts });
const { user, system } = process.cpuUsage(began);
const complete = run.hosts.filter(({ isWhole }) => isWhole).length;
console.log(`${clients} clients, ${size} MiB: ${complete} complete after ${(run.took / 1000).toFixed(1)} s of theirs`);
const memory = process.resourceUsage().maxRSS / 1024;
console.log(`${((user + system) / 1e6).toFixed(1)} s of a processor, ${memory.toFixed(0)} MiB at most`);
