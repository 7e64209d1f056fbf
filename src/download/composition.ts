/**
 * The parts that `download` is composed of, for compositions of one's own: the same swarm, sessions, lifecycle and
 * reading, in another order, or with other parts between them. `download.ts` is the shortest example.
 */
export { type Changing, changesOf, constantOf } from './changing.ts';
export { closeDuplicates, type Duplicates, type DuplicatesOptions } from './closeDuplicates.ts';
export { type Blocks, conversation, downloadSession, introduction, type SessionContext } from './conversation.ts';
export type { Demand } from './demand.ts';
export type { Asked, DownloadStats } from './downloadStats.ts';
export { inSwarm } from './inSwarm.ts';
export { lifecycle } from './lifecycle.ts';
export type { ListenPort } from './listenPort.ts';
export { type Loops, loops, type PieceLost, type Reselected, type Settled } from './loops.ts';
export { onDisk } from './onDisk.ts';
export type { OwnExtension } from './options.ts';
export { type OwnSources, type SourceChoice, sourceChoice } from './ownSources.ts';
export { type Chosen, type Parts, partsOf, type PartsOptions, type WantedFiles } from './parts.ts';
export type { Pausing } from './pausing.ts';
export { peerSession, type PeerSessionOptions } from './peerSession.ts';
export { type ByteRange, readRange } from './readRange.ts';
export type { DownloadSnapshot, FileProgress, PeerRow } from './readModel.ts';
export { type Found, restore, ResumeData } from './resumeData.ts';
export type { Download, RunningDownload } from './runningDownload.ts';
export { settling, type Settling, type SettlingOptions } from './settling.ts';
export { type TorrentSwarm, torrentSwarm, type TorrentSwarmOptions } from './torrentSwarm.ts';
export { VerifiedReader, type VerifiedReaderOptions } from './verifiedReader.ts';
export { ConnectedPeers, type Member } from '../torrent/peers/connectedPeers.ts';
export { type Awaited as AwaitedPeer, Lull } from '../torrent/peers/lull.ts';
export { type Amount, FileSelection } from '../torrent/picker/fileSelection.ts';
export type { ResumeNote, Stamp } from '../torrent/pieces/resumeNote.ts';
export { Phase, type PhaseState, type ShownPhase } from '../torrent/stats/phase.ts';
