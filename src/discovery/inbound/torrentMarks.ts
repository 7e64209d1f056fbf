import { toHex } from '../../protocol/encoding/id.ts';
import { torrentMark } from '../../protocol/mse/mseKeys.ts';

interface Marked {
  readonly infoHash: Uint8Array;
  /** Computed when it is first looked for. */
  mark: string | undefined;
  uses: number;
}

/**
 * The torrents that an encrypted call can be for, by what stands for them in such a call. Depends on which torrents are
 * added and removed. Marks are computed when the first call comes, so that a thousand torrents that nobody calls for
 * cost nothing. Invariant: each mark leads to a torrent that is there.
 */
export class TorrentMarks {
  readonly #torrents = new Map<string, Marked>();
  readonly #byMark = new Map<string, Marked>();
  readonly #unmarked = new Set<Marked>();

  /** Counts: a torrent that was added twice has to be removed twice. */
  add(infoHash: Uint8Array): void {
    const key = toHex(infoHash);
    const known = this.#torrents.get(key);
    if (known !== undefined) {
      known.uses++;
      return;
    }
    const marked: Marked = { infoHash, mark: undefined, uses: 1 };
    this.#torrents.set(key, marked);
    this.#unmarked.add(marked);
  }

  remove(infoHash: Uint8Array): void {
    const key = toHex(infoHash);
    const marked = this.#torrents.get(key);
    if (marked === undefined || --marked.uses > 0) return;
    this.#torrents.delete(key);
    this.#unmarked.delete(marked);
    if (marked.mark !== undefined) this.#byMark.delete(marked.mark);
  }

  /** The info-hash of the torrent with this mark, if there is one. */
  find(mark: Uint8Array): Uint8Array | undefined {
    for (const marked of this.#unmarked) this.#byMark.set((marked.mark = toHex(torrentMark(marked.infoHash))), marked);
    this.#unmarked.clear();
    return this.#byMark.get(toHex(mark))?.infoHash;
  }

  check(): void {
    if (this.#byMark.size + this.#unmarked.size !== this.#torrents.size)
      throw new RangeError(`${this.#torrents.size} torrents, ${this.#byMark.size} marks`);
    for (const { uses } of this.#torrents.values()) if (uses < 1) throw new RangeError('a torrent that nobody uses');
  }
}
