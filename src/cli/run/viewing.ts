import type { DownloadEvent } from '../../contracts/events.ts';
import type { FileProgress } from '../../download/running/readModel.ts';
import type { Chosen, Sum } from '../views/summary.ts';
import type { Figures } from './account.ts';

/** A torrent as it is shown. */
export interface Named {
  readonly name: string;
  /** 40 hexadecimal digits. */
  readonly infoHash: string;
  /** Bytes, if that is known beforehand. */
  readonly length?: number;
  /** How far its files are, once it runs. */
  files?: () => readonly FileProgress[];
}

/** What has become of one torrent. */
export interface Ending {
  /** It is `complete`, or was `stopped` by the user, or `failed`; it begins to seed, or has `given` enough. */
  readonly how: 'complete' | 'seeding' | 'given' | 'stopped' | 'failed';
  readonly figures: Figures;
  /** Its path, or its name while that is unknown. */
  readonly place: string;
  /** Its path, if that is known. */
  readonly path?: string;
  /** Does a later run go on from here? */
  readonly kept: boolean;
  readonly chosen?: Chosen;
  readonly error?: unknown;
}

export interface Viewer {
  readonly show: (event: DownloadEvent, of: Named) => void;
  /** One torrent is over, or begins to seed. */
  readonly over: (of: Named, ending: Ending) => void;
  /** A source that can't be read: it was never begun. */
  readonly refused: (source: string, error: unknown) => void;
  /** Removes the live view; `stopped` holds the figures of all torrents if the user stopped them. */
  readonly end: (stopped?: Sum) => void;
}
