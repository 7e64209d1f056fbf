/** rxtorrent: the BitTorrent client that is a stream pipeline. */
export * from '../operators/index.ts';
export { scrape, type Scraped, type ScrapeEnv } from './discovery/scrape.ts';
export { localPeers, type LocalPeersOptions } from './discovery/localPeers.ts';
export { defaultPace, type DhtPace, inTurn, type Pace, type SourcePace, type TrackerPace } from './discovery/pace.ts';
export { type TrackerEnv, trackerPeers, type TrackerPeersOptions } from './discovery/trackerPeers.ts';
export { download, type DownloadOptions } from './download.ts';
export type * from './env.ts';
export * from './errors.ts';
export { nodeEnv } from './node.ts';
export { recheck } from './recheck.ts';
export { scoped } from './scoped.ts';
export { parseTorrent } from './torrent/metainfo.ts';
export type { Torrent, TorrentFile } from './torrent/metainfo.ts';
export * from './torrent/pieceOrder.ts';
export { transfer, type Transfer, type TransferOptions } from './transfer.ts';
