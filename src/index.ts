/** rxtorrent: the BitTorrent client that is a stream pipeline. */
export * from '../operators/index.ts';
export { client, type Client, type ClientOptions, type OwnOptions } from './client/client.ts';
export { scrape, type Scraped, type ScrapeEnv } from './discovery/trackers/scrape.ts';
export { BOOTSTRAP } from './discovery/dht/bootstrap.ts';
export { dhtPeers, type DhtPeersOptions } from './discovery/dht/dhtPeers.ts';
export {
  type DhtEnv,
  dhtNode,
  type DhtNode,
  type DhtNodeOptions,
  type DhtScrape,
  type DhtStats,
} from './discovery/dht/node.ts';
export {
  followKey,
  type ItemNode,
  type Outdated,
  type Published,
  publishKey,
} from './discovery/dht/publications.ts';
export type { DhtLookup } from './discovery/dht/peerLookup.ts';
export { decodeSavedNodes, encodeSavedNodes, type SavedNodes } from './discovery/dht/savedNodes.ts';
export { incomingPeers } from './discovery/inbound/incomingPeers.ts';
export { type LocalNetwork, localNetwork, type LocalPeer } from './discovery/lan/localNetwork.ts';
export { localPeers, type LocalPeersOptions } from './discovery/lan/localPeers.ts';
export { defaultPace, type DhtPace, inTurn, type Pace, type SourcePace, type TrackerPace } from './discovery/pace.ts';
export { PORTS, type InboundPort, inboundPort } from './discovery/inbound/inboundPort.ts';
export { type TrackerEnv, trackerPeers, type TrackerPeersOptions } from './discovery/trackers/trackerPeers.ts';
export { create, type CreateOptions } from './create.ts';
export { download, openDownload } from './download/download.ts';
export type { DownloadOptions, Selection } from './download/options.ts';
export type { Priorities } from './download/state/prioritising.ts';
export type { FilePriority } from './torrent/picker/filePriorities.ts';
export type { Strategy } from './download/strategy.ts';
export * from './download/composition.ts';
export type { ResolveMagnetOptions } from './download/magnet/resolveMagnet.ts';
export type { Source } from './download/source.ts';
export type { Turns } from './download/streams/turns.ts';
export type * from './contracts/env.ts';
export type * from './contracts/events.ts';
export type * from './contracts/network.ts';
export type * from './contracts/peer.ts';
export type * from './contracts/storage.ts';
export type { ListenPortOptions } from './download/swarm/listenPort.ts';
export * from './contracts/blame.ts';
export * from './contracts/errors.ts';
export type * from './contracts/json/jsonDownload.ts';
export type * from './contracts/json/jsonEvent.ts';
export type * from './contracts/json/jsonResult.ts';
export type * from './contracts/json/jsonUnits.ts';
export type { Source as JsonSource } from './contracts/json/jsonUnits.ts';
export { jsonOf, jsonOfError, type OfDownload } from './contracts/json/jsonOf.ts';
export type { Bare, Told, ToldAs } from './contracts/json/told.ts';
export type { Allowances, Limits } from './download/limits/rateLimits.ts';
export { fetchPiece, type FetchPieceOptions, type WholePiece } from './download/fetchPiece.ts';
export { greetPeers, type GreetPeersOptions } from './download/greetPeers.ts';
export type { Greeting, Met } from './download/session/greetPeer.ts';
export { fetchTorrent, type FetchTorrentOptions } from './download/magnet/fetchTorrent.ts';
export type { BlockNote } from './net/blocklist/blockNote.ts';
export type { ProxyNote } from './net/proxy/proxyNote.ts';
export { readBlocklist } from './net/blocklist/readBlocklist.ts';
export { Blocklist } from './protocol/blocklist/blocklist.ts';
export { IpRanges } from './protocol/blocklist/ipRanges.ts';
export type { ParsedRanges } from './protocol/blocklist/parseRanges.ts';
export type { Encryption, EncryptionNote } from './net/mse/encryption.ts';
export type { Transports } from './net/utp/transports.ts';
export type { UtpNote } from './net/utp/utpNote.ts';
export type { PortMapped } from './net/nat/portMapped.ts';
export type { Transport } from './protocol/nat/natPmp.ts';
export { nodeEnv, type NodeEnvOptions, type SeenOutside } from './node.ts';
export { RateLimit, type RateLimitOptions } from './download/limits/rateLimit.ts';
export { recheck } from './download/storage/recheck.ts';
export { type Resumption, type ResumptionOptions, resumption } from './download/storage/resumption.ts';
export { VerifiedReader, type VerifiedReaderOptions } from './download/storage/verifiedReader.ts';
export type { Parting } from './recording/comparison.ts';
export type { Header as RecordingHeader } from './recording/format.ts';
export { Recording, type RecordingParts } from './recording/parse.ts';
export { record, type RecordOptions } from './recording/record.ts';
export { partingText, replay, type Replayed } from './recording/replay.ts';
export type { Tape } from './recording/tape.ts';
export type { RecordingSink } from './recording/timeline.ts';
export { scoped } from './download/streams/scoped.ts';
export { type ConcatStorage, concatStorage } from './disk/files/concatStorage.ts';
export { type MemoryStorage, memoryStorage } from './disk/files/memoryStorage.ts';
export { type Sink, streamStorage } from './disk/files/streamStorage.ts';
export type { SeedOptions } from './download/limits/seedGoal.ts';
export {
  type Findable,
  type Gates,
  type SourceOptions,
  sources,
  type SourcesOptions,
} from './discovery/peerSources.ts';
export * from './torrent/upload/chokeStrategy.ts';
export { parseMagnet, parseTorrent } from './contracts/parse.ts';
export { formatMagnet, type MagnetLink, magnetOf } from './torrent/metainfo/magnet.ts';
export { ConnectionBudget, type Places, type Room, type Sharer } from './torrent/peers/connectionBudget.ts';
export type { TorrentFile } from './torrent/metainfo/fileList.ts';
export type { Torrent } from './torrent/metainfo/metainfo.ts';
export { Deadlines, type Stretch } from './torrent/picker/deadlines.ts';
export * from './torrent/picker/pieceOrder.ts';
export type { Allowance } from './torrent/rates/tokenBucket.ts';
export { ReadBudget } from './torrent/upload/readBudget.ts';
export { downloadState, type DownloadState, type DownloadStateOptions } from './download/state/downloadState.ts';
export type { Given } from './discovery/trackers/trackerAddresses.ts';
export type { TrackerCommons } from './discovery/trackers/trackerCommons.ts';
export type { AnnounceQueue, Urgency } from './discovery/trackers/announceQueue.ts';
export type { DeadHosts } from './discovery/trackers/deadHosts.ts';
export type { Ways } from './discovery/trackers/families.ts';
export type { UdpEnv } from './discovery/trackers/udpConversation.ts';
export type { UdpMemory } from './discovery/trackers/udpMemory.ts';
export {
  type DhtItem,
  immutableItem,
  isSound,
  itemTarget,
  keyTarget,
  publicKeyOf,
  type Signed,
  signedItem,
} from './protocol/dht/item.ts';
export type { Encodable } from './protocol/encoding/bencode.ts';
export type { Family } from './protocol/dht/krpc.ts';
export {
  type Publication,
  publicationItem,
  publicationOf,
  type PublisherKey,
} from './protocol/dht/publication.ts';
export { formatKeyLink } from './torrent/metainfo/keyLink.ts';
export type { Endpoint, NodeEndpoint } from './protocol/encoding/compact.ts';
export type { CheckedFile, FileState } from './torrent/metainfo/fileStates.ts';
export type { FileEntry } from './torrent/metainfo/padding.ts';
export type { Span } from './torrent/metainfo/selection.ts';
