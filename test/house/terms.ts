import type { Finding } from './source.ts';

/** What somebody who knows BitTorrent types to open a file, and the file that holds it. */
export interface Term {
  readonly term: string;
  readonly typed: RegExp;
  readonly file: string;
}

/** The terms of the field that lead to their file; what leads nowhere else stays in the file that decides it. */
export const TERMS: readonly Term[] = [
  { term: 'piece picker', typed: /picker/i, file: 'src/torrent/picker/piecePicker.ts' },
  { term: 'endgame', typed: /endgame/i, file: 'src/torrent/picker/piecePicker.ts' },
  { term: 'smart ban', typed: /smart.?ban/i, file: 'src/torrent/pieces/smartBan.ts' },
  { term: 'choker', typed: /choker/i, file: 'src/torrent/upload/choker.ts' },
  { term: 'super seeding', typed: /super.?seed/i, file: 'src/torrent/upload/superSeed.ts' },
  { term: 'upload queue', typed: /upload|request.?queue/i, file: 'src/torrent/upload/uploadSession.ts' },
  { term: 'request window', typed: /request.?window|pipeline/i, file: 'src/torrent/requests/requestWindow.ts' },
  { term: 'in-flight requests', typed: /in.?flight/i, file: 'src/torrent/requests/inFlight.ts' },
  { term: 'availability', typed: /availability/i, file: 'src/torrent/picker/availability.ts' },
  { term: 'piece hashing', typed: /hash|verif/i, file: 'src/disk/hashing/verifier.ts' },
  { term: 'resume data', typed: /resume/i, file: 'src/download/storage/resumeData.ts' },
  { term: 'rate limit', typed: /rate.?limit/i, file: 'src/download/limits/rateLimit.ts' },
  { term: 'stats', typed: /stats/i, file: 'src/download/state/downloadStats.ts' },
  { term: 'stall reason', typed: /stall/i, file: 'src/torrent/stats/stallReason.ts' },
  { term: 'seed reads', typed: /reader|verified/i, file: 'src/download/storage/verifiedReader.ts' },
  { term: 'private torrent', typed: /private/i, file: 'src/download/swarm/privateTorrent.ts' },
  { term: 'connected peers', typed: /connected/i, file: 'src/torrent/peers/connectedPeers.ts' },
  { term: 'address book', typed: /address.?book|peer.?list/i, file: 'src/torrent/peers/addressBook.ts' },
  { term: 'peer retry', typed: /retry/i, file: 'src/torrent/peers/retryDelay.ts' },
  { term: 'duplicate connection', typed: /duplicate/i, file: 'src/torrent/peers/duplicateConnections.ts' },
  { term: 'PEX codec', typed: /pex/i, file: 'src/protocol/peer/utPex.ts' },
  { term: 'PEX state', typed: /pex/i, file: 'src/torrent/peers/pexHistory.ts' },
  { term: 'magnet parsing', typed: /magnet/i, file: 'src/torrent/metainfo/magnet.ts' },
  { term: 'metadata phase', typed: /magnet|metadata/i, file: 'src/download/magnet/resolveMagnet.ts' },
  { term: 'listen port', typed: /listen.?port/i, file: 'src/download/swarm/listenPort.ts' },
  { term: 'incoming connections', typed: /inbound|incoming/i, file: 'src/discovery/inbound/inboundPort.ts' },
  { term: 'accept limit', typed: /accept|limiter/i, file: 'src/discovery/inbound/acceptLimiter.ts' },
  { term: 'announcer', typed: /announce/i, file: 'src/discovery/trackers/announcer.ts' },
  { term: 'tiers', typed: /tier/i, file: 'src/discovery/trackers/tiers.ts' },
  { term: 'UDP tracker', typed: /udp.?tracker/i, file: 'src/discovery/trackers/udpTracker.ts' },
  { term: 'routing table', typed: /routing/i, file: 'src/discovery/dht/routingTable.ts' },
  { term: 'DHT maintenance', typed: /maintenance|refresh/i, file: 'src/discovery/dht/maintenance.ts' },
  { term: 'TCP socket', typed: /socket/i, file: 'src/net/socketWire.ts' },
];

/** So many files an editor shows before one has to scroll. */
const SHOWN = 12;

/** Terms whose file is not there, not found by what is typed, or lost among others. */
export const unfound = (terms: readonly Term[], paths: readonly string[]): readonly Finding[] =>
  terms.flatMap(({ term, typed, file }) => {
    const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
    const hits = paths.filter((path) => typed.test(nameOf(path)));
    if (hits.includes(file) && hits.length <= SHOWN) return [];
    const what = hits.includes(file) ? `is one of ${hits.length}` : `is not among ${hits.join(' ') || 'nothing'}`;
    return [{ path: file, line: 1, what: `${term}: ${what}` }];
  });
