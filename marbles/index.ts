export { draw, drawRun, type Shown } from './draw.ts';
export { drawnSession } from './drawnSession.ts';
export { DrawnDisk, type DiskOptions, type DiskWork } from './disk.ts';
export { DrawingError } from './expectation.ts';
export type { Mark } from './lane.ts';
export { overheard, type Overheard } from './overheard.ts';
export type { DrawnPeer, PeerOptions } from './peer.ts';
export {
  blurts,
  calling,
  chokesAfter,
  corrupts,
  garbage,
  hangsUpAfter,
  honest,
  neverUnchokes,
  silent,
  stallsAfter,
  wrongInfoHash,
  type Cast,
  type Manners,
  type Player,
  type Said,
} from './players.ts';
export type { Word } from './speech.ts';
export { drawn, Stage, type DrawingOptions } from './stage.ts';
export { drawnPicker, type PickerDrawing } from './picker.ts';
export { blockBytes, pieceBytes, torrentOf, type Size } from './torrent.ts';
export type { DrawnWire, WireOptions } from './wire.ts';
export { DrawnHost, type HostOptions, type HostState } from './network/host.ts';
export { DrawnNetwork, NetworkedHost, type NetworkOptions, type PlayerOptions } from './network/network.ts';
export type { Tcp } from './network/congestion.ts';
export type { Nat, NatKind } from './network/nat.ts';
export { DrawnTcp } from './network/tcp.ts';
export { DrawnTracker } from './network/tracker.ts';
export { DrawnUdp, type UdpNetworkOptions, type UdpPlayer } from './network/udp.ts';
export { swarmOf, type SwarmSeams } from './swarm/swarmOf.ts';
export type { DiskPlan, Fate, Jump, PlayerKind, Stop, SwarmHost, SwarmPlan } from './swarm/plan.ts';
export { boundOf, canComplete, complaintsOf, INVARIANTS, type Invariant } from './swarm/invariants.ts';
export { randomSwarm } from './swarm/randomSwarm.ts';
export { drawingOf, shrink } from './swarm/shrink.ts';
export type { Offence } from './swarm/watchedClient.ts';
export type { HostRun, SwarmRun } from './swarm/run.ts';
export type { HeardAnnounce } from './network/tracker.ts';
export { LETTERS, blockAt, wordsFor } from './words.ts';
export { announced } from './announced.ts';
export { HOME, type World, type WorldOptions } from './world.ts';
export type { DrawOptions, LaneName } from '../src/recording/draw.ts';
export type { Shape } from '../src/torrent/geometry.ts';
export { compare, type Compared, compared, type Pair } from './lab/compare.ts';
export { fit } from './lab/fit.ts';
export { MEASURES, type Measures } from './lab/measures.ts';
export { trial } from './lab/trial.ts';
export { swarmNamed, SWARMS } from './swarm/namedSwarms.ts';
export { parsePlan } from './swarm/parsePlan.ts';
// Types that the exports above name, so that tests can name them, too.
export type { Backdrop, Playing } from './backdrop.ts';
export type { Subscribed } from './expectation.ts';
export type { Ledger } from './ledger.ts';
export type { Kinds } from './sparse.ts';
export type { Sender } from './network/host.ts';
export type { HostTime, Skew } from './network/hostTime.ts';
export type { Segment } from './network/segment.ts';
export type { ToBe } from './stage.ts';
