/**
 * The parts that `download` is composed of, for compositions of one's own: the same swarm, sessions, lifecycle and
 * reading, in another order, or with other parts between them. `download.ts` is the shortest example.
 */
export { type Changing, changesOf, constantOf } from './streams/changing.ts';
export { until } from '../discovery/until.ts';
export { closeDuplicates, type Duplicates, type DuplicatesOptions } from './swarm/closeDuplicates.ts';
export {
  type Blocks,
  conversation,
  downloadSession,
  introduction,
  type SessionContext,
} from './session/conversation.ts';
export type { Demand } from './swarm/demand.ts';
export type { Asked, DownloadStats } from './state/downloadStats.ts';
export { inSwarm } from './lifecycle/inSwarm.ts';
export { lifecycle } from './lifecycle/lifecycle.ts';
export type { ListenPort } from './swarm/listenPort.ts';
export { type Loops, loops, type PieceFound, type PieceLost, type Reselected, type Settled } from './state/loops.ts';
export { type BlocksOf, knownTorrent } from './magnet/knownTorrent.ts';
export { onDisk } from './lifecycle/onDisk.ts';
export type { OwnExtension } from './options.ts';
export { type OwnSources, type SourceChoice, type SourceChoices, sourceChoice } from './swarm/ownSources.ts';
export { type Chosen, type Parts, partsOf, type PartsOptions, type WantedFiles } from './parts.ts';
export type { Pausing } from './state/pausing.ts';
export { type Joining, peerSession, type PeerSessionOptions } from './session/peerSession.ts';
export { type ByteRange, type ReadRange, readRange } from './running/readRange.ts';
export type { DownloadSnapshot, FileProgress, PeerRow } from './running/readModel.ts';
export { type Found, restore, type RestoreOptions, ResumeData } from './storage/resumeData.ts';
export type { Download, RunningDownload } from './running/runningDownload.ts';
export { besideWebSeeds, webSeedsOf } from './session/webSeeds.ts';
export { settling, type Settling, type SettlingOptions } from './state/settling.ts';
export { type TorrentSwarm, torrentSwarm, type TorrentSwarmOptions } from './swarm/torrentSwarm.ts';
export { VerifiedReader, type VerifiedReaderOptions } from './storage/verifiedReader.ts';
export { ConnectedPeers, type Member } from '../torrent/peers/connectedPeers.ts';
export { type Awaited as AwaitedPeer, Lull } from '../torrent/peers/lull.ts';
export { type Amount, FileSelection } from '../torrent/picker/fileSelection.ts';
export type { ResumeNote, Stamp } from '../torrent/pieces/resumeNote.ts';
export { HostPlaces } from '../torrent/webSeeds/hostPlaces.ts';
export { Phase, type PhaseState, type ShownPhase } from '../torrent/stats/phase.ts';
