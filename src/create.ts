import { concat, defer, map, mergeMap, type Observable, of, tap } from 'rxjs';
import type { CreateEnv } from './contracts/env.ts';
import type { Content, ContentOptions, TorrentVersion } from './contracts/storage.ts';
import { createdOf } from './contracts/plain.ts';
import { InputError } from './contracts/errors.ts';
import type { Created, CreateEvent } from './contracts/events.ts';
import { CLIENT, ID_LENGTH } from './protocol/encoding/id.ts';
import { Malformed } from './protocol/encoding/malformed.ts';
import { encodeTorrent } from './torrent/metainfo/encodeTorrent.ts';
import { FileRoots, inTreeOrder, type RootedEntry } from './torrent/metainfo/fileRoots.ts';
import { MAX_PIECES } from './torrent/metainfo/limits.ts';
import { parseTorrent, type Torrent } from './torrent/metainfo/metainfo.ts';
import { filledUp, padded } from './torrent/metainfo/padding.ts';
import { isPieceLength, pieceLengthFor } from './torrent/metainfo/pieceLength.ts';

export interface CreateOptions extends ContentOptions {
  /** What it is called; the name of the file or folder if not given. */
  readonly name?: string;
  /** Bytes, a power of two from 16 KiB to 256 MiB; by size if not given. */
  readonly pieceLength?: number;
  /** In tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[];
  /** BEP 19. */
  readonly webSeeds?: readonly string[];
  /** Peers come from its trackers alone (BEP 27). */
  readonly private?: boolean;
  readonly comment?: string;
  /** Goes into the info-hash: so the same content is another torrent elsewhere. */
  readonly source?: string;
  /** Seconds since 1970. None if not given: then the same content makes the same bytes. */
  readonly creationDate?: number;
  /** Each file begins with a piece (BEP 47), as it always does in version 2. */
  readonly padding?: boolean;
  /** Which clients can use it: of version 1, of version 2 (BEP 52), or both (`hybrid`). Default `v1`. */
  readonly version?: TorrentVersion;
}

/**
 * A torrent of the file or folder at `path`: its pieces hashed on all processors, then the bytes of the .torrent.
 *
 * ```
 * gives  w-h-h-h-h-(hc|)   warning of what is left out, hashed, created
 * ```
 *
 * Files are sorted by their paths, so that the same content makes the same torrent. Nothing is written.
 *
 * @throws StorageError for what can't be read, or has changed meanwhile; InputError for what no torrent can hold
 * @see BEP 3, BEP 12, BEP 19, BEP 27, BEP 47, BEP 52
 */
export const create = (path: string, env: CreateEnv, options: CreateOptions = {}): Observable<CreateEvent> =>
  env.openContent(path, options).pipe(mergeMap((content) => hashed(path, content, options)));

const hashed = (path: string, content: Content, options: CreateOptions): Observable<CreateEvent> =>
  defer(() => {
    const plan = planOf(path, content, options);
    const { files, pieceLength, pieceCount, version } = plan;
    const hashes = new Uint8Array(version === 'v2' ? 0 : pieceCount * ID_LENGTH);
    const roots = version === 'v1' ? undefined : new FileRoots(plan.bare, pieceLength);
    let done = 0;
    // What can't be a torrent is refused now, and not after hours of hashing.
    made(path, content, plan, hashes, roots, options);
    return concat(
      content.skipped.map((message): CreateEvent => ({ type: 'warning', code: 'skipped', message })),
      content.digests(files, pieceLength, version).pipe(
        tap(({ index, digest, blocks }) => {
          if (version !== 'v2') hashes.set(digest, index * ID_LENGTH);
          if (blocks) roots?.add(index, blocks);
        }),
        map(
          ({ index }): CreateEvent => ({
            type: 'hashed',
            index,
            hashed: ++done,
            total: pieceCount,
            length: plan.length,
            pieceLength,
          }),
        ),
      ),
      defer(() => of(made(path, content, plan, hashes, roots, options))),
    );
  });

/** What the torrent will be like, once it is hashed. */
interface Plan {
  readonly name: string;
  readonly version: TorrentVersion;
  /** Without padding. */
  readonly bare: Content['files'];
  readonly files: Content['files'];
  readonly length: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
}

const planOf = (
  path: string,
  content: Content,
  { name = content.name, padding = false, version = 'v1', ...options }: CreateOptions,
): Plan => {
  const sum = content.files.reduce((all, file) => all + file.length, 0);
  if (sum === 0) throw new InputError('bad-option', `${path}: it is empty: there is nothing to share`);
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name))
    throw new InputError('bad-option', `name ${JSON.stringify(name)}: expected a name without folders`);
  const pieceLength = options.pieceLength ?? pieceLengthFor(sum);
  if (!isPieceLength(pieceLength))
    throw new InputError('bad-option', `piece length ${pieceLength}: expected a power of two from 16 KiB to 256 MiB`);
  const bare = version === 'v1' ? content.files : inTreeOrder(content.files);
  const files = content.layout === 'file' ? bare : alignedFiles(bare, pieceLength, version, padding);
  const length = files.reduce((sum, file) => sum + file.length, 0);
  const pieceCount = Math.ceil(length / pieceLength);
  if (pieceCount > MAX_PIECES)
    throw new InputError('bad-option', `${pieceCount} pieces of ${pieceLength} bytes: choose a larger piece length`);
  return { name, version, bare, files, length, pieceLength, pieceCount };
};

const alignedFiles = (
  files: Content['files'],
  pieceLength: number,
  version: TorrentVersion,
  padding: boolean,
): Content['files'] => {
  if (version === 'v1') return padding ? padded(files, pieceLength) : files;
  return filledUp(files, pieceLength);
};

const made = (
  path: string,
  { layout }: Content,
  { name, version, files, length, pieceLength }: Plan,
  pieceHashes: Uint8Array,
  roots: FileRoots | undefined,
  options: CreateOptions,
): Created => {
  const { trackers = [], webSeeds = [], creationDate, comment, source } = options;
  const bytes = encodeTorrent({
    name,
    pieceLength,
    ...(version !== 'v2' && { pieceHashes, ...(layout === 'file' ? { length } : { files }) }),
    ...(roots && { tree: named(roots.files(), layout, name) }),
    ...(trackers.length > 0 && { announce: trackers }),
    ...(webSeeds.length > 0 && { webSeeds }),
    ...(options.private && { private: true }),
    ...(comment !== undefined && { comment }),
    ...(source !== undefined && { source }),
    ...(creationDate !== undefined && { creationDate }),
    createdBy: CLIENT,
  });
  return createdOf(read(path, bytes), bytes);
};

/** A single file stands in its tree by the torrent's name. */
const named = (files: readonly RootedEntry[], layout: Content['layout'], name: string): readonly RootedEntry[] =>
  layout === 'file' ? files.map((file) => ({ ...file, path: [name] })) : files;

/** What we could not read ourselves is given to nobody. */
const read = (path: string, bytes: Uint8Array): Torrent => {
  try {
    return parseTorrent(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new InputError('bad-metainfo', `${path}: ${error.message}: choose larger pieces, or share fewer files`, {
      cause: error,
    });
  }
};
