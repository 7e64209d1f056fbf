import type { Download } from '../../download/running/runningDownload.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { Target } from '../../contracts/storage.ts';
import type { SourceOptions } from '../../discovery/peerSources.ts';
import type { DownloadOptions } from '../../download/options.ts';
import type { SeedOptions } from '../../download/limits/seedGoal.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

/** What is done with each of several torrents. */
export interface Plan {
  readonly settings: Omit<
    DownloadOptions,
    | 'target'
    | 'limits'
    | Exclude<keyof SourceOptions, 'pace'>
    | 'pex'
    | 'port'
    | 'peerId'
    | 'reception$'
    | 'budget'
    | 'checks'
  >;
  readonly seeding: SeedOptions | undefined;
  readonly targetFor: (torrent: Torrent) => Promise<Target>;
  /** Where the .torrent is written. */
  readonly saveTorrent?: string | undefined;
  /** Is what has come kept for a later run? Yes unless this is false. */
  readonly kept?: boolean;
  /** What is made of the world: one with faults. */
  readonly around?: <E extends Env>(env: E) => E;
  /** Where what comes goes instead of to disk. */
  readonly openStorage?: Env['openStorage'];
  /** Is given the download when it begins. */
  readonly opened?: (running: Download) => void;
  /** What is made of each event before it is looked at. */
  readonly seen?: (event: DownloadEvent) => DownloadEvent;
}
