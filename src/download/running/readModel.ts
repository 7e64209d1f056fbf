import { now } from '../../contracts/clock.ts';
import type { FunnelSample, Progress, TrackerStatus } from '../../contracts/events.ts';
import type { PeerSource, Road } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import { clientName } from '../../protocol/peer/clientName.ts';
import { Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { Rate } from '../../torrent/rates/rate.ts';
import type { Parts } from '../parts.ts';
import type { TorrentSwarm } from '../swarm/torrentSwarm.ts';

/** One file, and how much of it is stored. */
export interface FileProgress {
  /** Its number, from 0. */
  readonly file: number;
  /** Where it is on disk. */
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** Bytes of the file that are verified and stored. */
  readonly stored: number;
  readonly wanted: boolean;
}

/** One connected peer. */
export interface PeerRow {
  readonly host: string;
  readonly port: number;
  /** The source that named the peer. */
  readonly source: PeerSource;
  /** How it is connected, if the environment tells. */
  readonly road?: Road;
  /** The client's name as the peer sent it, or as its peer id says. */
  readonly client: string;
  /** Payload bytes, and bytes a second over the last seconds. */
  readonly downloaded: number;
  readonly uploaded: number;
  readonly downRate: number;
  readonly upRate: number;
  /** Pieces that it has. */
  readonly pieces: number;
  /** The peer chokes us; we are interested. */
  readonly choked: boolean;
  readonly interesting: boolean;
  /** We choke the peer; the peer is interested. */
  readonly choking: boolean;
  readonly interested: boolean;
  /** Why we serve the peer, or have stopped serving it. */
  readonly reason?: string;
  /** Blocks requested from the peer that it has not sent yet. */
  readonly requests: number;
}

/** A download at one moment: plain data, which never changes. */
export interface DownloadSnapshot {
  readonly progress: Progress;
  /** Undefined while the info dictionary of a magnet link is unknown. */
  readonly torrent?: Torrent;
  /** A bit for each piece that is stored, the highest of each byte first, as in the peer protocol. */
  readonly pieces: Uint8Array;
  readonly files: readonly FileProgress[];
  readonly peers: readonly PeerRow[];
  readonly trackers: readonly TrackerStatus[];
  /** How far the peers of each source got. */
  readonly sources: FunnelSample['sources'];
}

/**
 * The visible state of a download. Depends on its parts, which know all of it whether or not anybody looks; keeps
 * nothing but the rates of peers, which are known from the second snapshot on.
 */
export class ReadModel {
  readonly #swarm: TorrentSwarm;
  readonly #rates = new WeakMap<Peer, { readonly down: Rate; readonly up: Rate }>();
  parts: Parts | undefined;

  constructor(swarm: TorrentSwarm) {
    this.#swarm = swarm;
  }

  snapshot(): DownloadSnapshot {
    const { stats, funnel } = this.#swarm;
    const torrent = this.parts?.torrent;
    return {
      progress: stats.progress(),
      ...(torrent && { torrent }),
      pieces: Uint8Array.from(this.parts?.picker.stored.bytes ?? []),
      files: this.parts === undefined ? [] : filesOf(this.parts),
      peers: [...stats.crowd.members].map((peer) => this.#row(peer)),
      trackers: stats.tiers.flatMap(({ statuses }) => statuses),
      sources: funnel.rows,
    };
  }

  #row(peer: Peer): PeerRow {
    const { address, state, id, road } = peer;
    const { downloaded, uploaded, choked, choking, interested, interesting } = state;
    const rates = this.#rates.get(peer) ?? { down: new Rate(), up: new Rate() };
    this.#rates.set(peer, rates);
    const time = now();
    const reason = this.parts?.context.choker.reasonOf(peer);
    return {
      ...{ host: address.host, port: address.port, source: address.source },
      ...(road !== undefined && { road }),
      client: state.extensions?.version ?? clientName(id),
      ...{ downloaded, uploaded, choked, choking, interested, interesting },
      downRate: rates.down.sample(downloaded, time),
      upRate: rates.up.sample(uploaded, time),
      pieces: state.have.count,
      ...(reason !== undefined && { reason }),
      requests: this.#swarm.stats.inFlight(peer),
    };
  }
}

/** All files but padding, as far as they are stored. */
export const filesOf = ({ torrent, storage, selection, picker }: Parts): readonly FileProgress[] => {
  const geometry = new Geometry(torrent);
  return torrent.files.flatMap(({ offset, length, padding }, file): FileProgress[] => {
    if (padding) return [];
    let stored = 0;
    const [first, last] = geometry.piecesOf(offset, length);
    for (let index = first; length > 0 && index <= last; index++) {
      if (!picker.stored.has(index)) continue;
      const begin = geometry.pieceOffset(index);
      stored += Math.min(begin + geometry.pieceSize(index), offset + length) - Math.max(begin, offset);
    }
    return [{ file, path: storage.paths[file] ?? '', length, stored, wanted: selection.wants(file) }];
  });
};
