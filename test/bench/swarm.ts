/**
 * What whole swarms of our own clients cost in real time: build, then `tsx test/bench/swarm.ts [clients] [MiB]
 * [seconds] [peers] [KiB of a piece]`, by default a hundred that exchange 64 MiB and are there for ten minutes, with as
 * many peers each as a download has by default, and pieces of 1 MiB. One has all from the start. What is built is run,
 * since `tsx` gives each function a name that takes a third of all memory.
 */
import type { SwarmHost } from '../../marbles/index.ts';
import { MiB } from './measure.ts';

const { swarmOf } = (await import(
  new URL('../../dist/marbles/index.js', import.meta.url).href
)) as typeof import('../../marbles/index.ts');

const [clients = 100, size = 64, lasts = 600, maxPeers = 200, pieceKiB = 1024] = process.argv.slice(2).map(Number);
const blocksPerPiece = pieceKiB / 16;
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

const [began, at] = [process.cpuUsage(), performance.now()];
const run = swarmOf({ torrent: { pieces, blocksPerPiece }, hosts, lasts }, { options: () => ({ maxPeers }) });
const { user, system } = process.cpuUsage(began);
const took = ((performance.now() - at) / 1000).toFixed(1);
const complete = run.hosts.filter(({ isWhole }) => isWhole).length;
console.log(`${clients} clients, ${size} MiB: ${complete} complete after ${(run.took / 1000).toFixed(1)} s of theirs`);
const memory = process.resourceUsage().maxRSS / 1024;
console.log(`${took} s, ${((user + system) / 1e6).toFixed(1)} s of a processor, ${memory.toFixed(0)} MiB at most`);
