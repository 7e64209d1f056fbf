import type { Observable } from 'rxjs';
import type { WebSeed } from '../../src/contracts/peer.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import type { Allowance } from '../../src/torrent/rates/tokenBucket.ts';
import type { HostPlaces } from '../../src/torrent/webSeeds/hostPlaces.ts';

/** A web seed that is never asked again, such as one that has sent wrong bytes; `disconnect` takes the same. */
export interface ExpelledSeed {
  readonly peer: object;
}

export interface WebSeedOptions {
  /** The names and sizes of the files. */
  readonly torrent: Pick<Torrent, 'infoHash' | 'name' | 'layout' | 'files'>;
  /** There are blocks, or there is room, for further requests. */
  readonly wake$: Observable<unknown>;
  /** Web seeds that have sent wrong bytes: each is never asked again. */
  readonly expelled$?: Observable<ExpelledSeed>;
  /** A rate limit: while it is exceeded the server waits. */
  readonly limit?: Allowance | undefined;
  /** The connections to each host, if other torrents have web seeds there, too. @hidden */
  readonly places?: HostPlaces | undefined;
  /** While its last value is true, nothing is asked for, and nothing read. */
  readonly paused$?: Observable<boolean>;
  /** Are web seeds all that is left? Then one that has nothing we lack is given up; asked when it has nothing to do. */
  readonly last?: () => boolean;
  /** Is called with each number of bytes that have come, whether or not they are of any use. */
  readonly came?: (seed: WebSeed, bytes: number) => void;
  /** Is called with each failure; `over` if the web seed is not asked again. */
  readonly failed?: (seed: WebSeed, message: string, over: boolean) => void;
}
