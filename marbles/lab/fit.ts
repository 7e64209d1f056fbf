import type { Recording } from '../../src/recording/parse.ts';
import type { SwarmHost, SwarmPlan } from '../swarm/plan.ts';
import { type Came, recordedSwarm, type RecordedPeer } from './recordedPeers.ts';

/** Milliseconds over which the highest rate of a peer is looked for. */
const SPAN = 2_000;
/** Bytes a second of a peer that has sent nothing: it may be slow, or have served others. */
const SLOW = 20_000;
/** Who comes within this time was there from the beginning. */
const EARLY = 3_000;

/** The highest rate, in bytes a second, over spans of time; all of it if it took less. */
const highest = (came: readonly Came[]): number => {
  let best = 0;
  let from = 0;
  let sum = 0;
  for (const [nth, { at, bytes }] of came.entries()) {
    sum += bytes;
    for (; (came[from]?.at ?? at) <= at - SPAN; from++) sum -= came[from]?.bytes ?? 0;
    const since = nth === from ? SPAN : Math.max(at - (came[from]?.at ?? at), SPAN / 4);
    best = Math.max(best, (sum * 1000) / Math.min(SPAN, Math.max(since, 1)));
  }
  return Math.round(best);
};

const hostOf = (peer: RecordedPeer, pieces: number, length: number): SwarmHost => {
  const { dialled, joined = 0, left, has, hasAll, came } = peer;
  const all = hasAll || (pieces > 0 && has.size >= pieces);
  return {
    ...(all ? { has: 'all' as const } : has.size > 0 && { has: [...has] }),
    up: Math.max(SLOW, highest(came)),
    ...(dialled !== undefined && { delay: Math.max(0, Math.round(dialled / 2)) }),
    ...(joined > EARLY && { joins: Math.round(joined) }),
    ...(left !== undefined && left < length - EARLY && { fate: [{ at: Math.round(left), does: 'leaves' as const }] }),
  };
};

/**
 * A swarm like the one that was met: whoever was connected is a client of ours with the rate at which it sent us most,
 * the delay with which it answered our call, and the pieces that it had when it introduced itself; it comes and goes as
 * it did. The last host is we, with nothing, and as fast as all of them together have sent. What others did among
 * themselves nobody has heard, and is left to the clients.
 *
 * @throws Malformed
 */
export const fit = (recording: Recording): SwarmPlan => {
  const { peers, pieces, blocksPerPiece, length } = recordedSwarm(recording);
  const there = peers.filter(({ joined }) => joined !== undefined);
  const all = there.flatMap(({ came }) => came).sort((one, other) => one.at - other.at);
  const us: SwarmHost = { down: Math.max(SLOW, highest(all)), delay: 0 };
  return {
    torrent: { pieces: Math.max(1, pieces), blocksPerPiece },
    hosts: [...there.map((peer) => hostOf(peer, pieces, length)), us],
  };
};
