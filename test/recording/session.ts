import type { Observable } from 'rxjs';
import { drawn, type Mark, type WorldOptions } from '../../marbles/index.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { record, type RecordOptions } from '../../src/recording/record.ts';
import type { Tape } from '../../src/recording/tape.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';

export type Own = Partial<DownloadOptions>;

/** A download that was recorded in a drawn world. */
export interface Session {
  readonly bytes: Uint8Array;
  /** Bytes as they came to the sink. */
  readonly chunks: readonly Uint8Array[];
  /** Those of each part together. */
  readonly parts: readonly Uint8Array[];
  readonly torrent: Torrent;
  /** The same download, or one with other options. */
  readonly run: (own?: Own) => (tape: Tape) => Observable<unknown>;
  /** What was told, by its type. */
  readonly told: readonly string[];
}

export interface SessionOptions extends RecordOptions {
  readonly own?: Own;
  readonly pieces?: number;
  /** When whoever listens leaves, as a subscription lane. */
  readonly until?: string;
}

export const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const typeOf = ({ value }: Mark): string => (value as { readonly type?: string } | undefined)?.type ?? '';

/** Downloads in a drawn world, and records it. */
export const recorded = (world: WorldOptions, options: SessionOptions = {}): Session => {
  const { own = {}, pieces = 6, until = '10m !', ...rest } = options;
  const chunks: Uint8Array[] = [];
  const parts: Uint8Array[][] = [];
  const sink = (bytes: Uint8Array, begins: boolean): void => {
    chunks.push(bytes);
    if (begins) parts.push([]);
    parts.at(-1)?.push(bytes);
  };
  let torrent: Torrent | undefined;
  let told: readonly Mark[] = [];
  const run =
    (own: Own = {}) =>
    ({ env, inside }: Tape): Observable<unknown> =>
      inside(download(torrent as Torrent, env, { target: { folder: '.' }, ...own }));
  drawn(
    (stage) => {
      torrent = stage.torrent;
      const tape = record(stage.world(world).env, sink, rest);
      told = stage.watch(run(own)(tape), until);
    },
    { torrent: { pieces, blocksPerPiece: 2 }, mayLeak: true },
  )();
  const again = (other: Own = {}): ((tape: Tape) => Observable<unknown>) => run({ ...own, ...other });
  return {
    bytes: joined(chunks),
    chunks,
    parts: parts.map(joined),
    torrent: torrent as unknown as Torrent,
    run: again,
    told: told.map(typeOf),
  };
};
