import { EMPTY, Observable, of, type Subscriber } from 'rxjs';
import type { Storage } from '../../contracts/storage.ts';
import { InSequence } from '../../torrent/pieces/inSequence.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

/** Passes bytes on, and completes when they are no longer needed. They are lent until then. */
export type Sink = (bytes: Uint8Array) => Observable<unknown>;

/** Bytes that wait for their turn, and the callback for when they are taken. */
interface Part {
  readonly bytes: Uint8Array;
  /** Length of the whole write, including bytes of other files. */
  readonly length: number;
  readonly subscriber: Subscriber<number>;
}

/**
 * A storage that keeps nothing: the bytes of `torrent.files[file]` go to `sink`, from the first to the last, one part
 * at a time. A write further on waits for its turn, and then for `sink`. So a slow sink slows the download down, and no
 * more bytes wait here than the `memory` option of the download allows.
 *
 * ```
 * writes  b--a----
 * sink    ---(ab)-   a at once, b when the sink has taken a
 * ```
 *
 * Select that file alone (`select: [[file, file]]`): a write of any other would be lost. Errors are those of `sink`.
 *
 * @example
 * const storage = streamStorage(torrent, 0, (bytes) =>
 * bindNodeCallback(process.stdout.write.bind(process.stdout))(bytes)); download(torrent, { ...nodeEnv(), openStorage:
 * () => of(storage) }, { target: { folder: '.' } })
 */
export const streamStorage = ({ name, files }: Pick<Torrent, 'name' | 'files'>, file: number, sink: Sink): Storage => {
  const { offset: first = 0, length = 0 } = files[file] ?? {};
  const end = first + length;
  const line = new InSequence<Part>(first);
  const handing = new Handing(line, sink);
  return {
    ordered: true,
    place: name,
    paths: files.map(() => ''),
    write: (offset, bytes) =>
      new Observable((subscriber) => {
        const from = Math.max(offset, first, line.next);
        const to = Math.min(offset + bytes.length, end);
        if (from >= to) return written(subscriber, bytes.length);
        line.add(from, to, { bytes: bytes.subarray(from - offset, to - offset), length: bytes.length, subscriber });
        subscriber.add(() => line.delete(from));
        handing.goOn();
      }),
    read: () => of(0),
    replace: () => undefined,
    finish: () => EMPTY,
    doubted: () => [],
    apart: { read: () => of(0), pieces: () => [] },
    stamps: () => of(files.map(() => ({ size: -1, mtime: 0 }))),
    flush: () => EMPTY,
    notes: { boot: '', load: () => of(undefined), save: () => EMPTY, others: () => of([]) },
  };
};

/** Hands what waits in a line to a sink, one part after the other. */
class Handing {
  readonly #line: InSequence<Part>;
  readonly #sink: Sink;
  #busy = false;
  #going = false;

  constructor(line: InSequence<Part>, sink: Sink) {
    this.#line = line;
    this.#sink = sink;
  }

  /** Hands on what can be: called whenever something has come into the line. */
  goOn(): void {
    // A sink that takes all at once would else call itself a thousand times.
    if (this.#going) return;
    this.#going = true;
    for (let part = this.#next(); part !== undefined; part = this.#next()) this.#hand(part);
    this.#going = false;
  }

  #next(): Part | undefined {
    return this.#busy ? undefined : this.#line.take();
  }

  #hand({ bytes, length, subscriber }: Part): void {
    this.#busy = true;
    const complete = (): void => {
      this.#busy = false;
      written(subscriber, length);
      this.goOn();
    };
    subscriber.add(this.#sink(bytes).subscribe({ error: (error: unknown) => subscriber.error(error), complete }));
  }
}

const written = (subscriber: Subscriber<number>, length: number): void => {
  subscriber.next(length);
  subscriber.complete();
};
