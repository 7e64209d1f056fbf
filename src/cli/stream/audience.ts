import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { now } from '../../contracts/clock.ts';

/** Connections at one time; those that read at one time. A player has a few. */
export const MAX_CONNECTIONS = 64;
export const MAX_READERS = 16;
/** Milliseconds for which a reader takes nothing of what is there, before another may have its place. */
export const STALLED_AFTER = 10_000;

/** One that reads, and since when it has taken nothing of what it was given. */
export interface Reader {
  readonly response: ServerResponse;
  stalledSince: number | undefined;
}

/**
 * Which players are connected, and which of them read. Depends on what they take. When there are too many, a connection
 * that asks for nothing makes room, the oldest first; and so does a reader that has taken nothing for long, as that of
 * a paused player, which asks again when it goes on. Invariant: at most {@link MAX_READERS} read, so that there are
 * always connections that do not, and at most {@link MAX_CONNECTIONS} are open.
 */
export class Audience {
  /** The one that has last asked for something is the last. */
  readonly #connections = new Set<Socket>();
  readonly #readers = new Set<Reader>();
  readonly #stalledAfter: number;
  readonly #crowded: (what: string) => void;

  /** `crowded` hears of each kind of crowd once. */
  constructor(crowded: (what: string) => void, stalledAfter: number) {
    const told = new Set<string>();
    this.#stalledAfter = stalledAfter;
    this.#crowded = (what) => void (told.has(what) || (told.add(what), crowded(what)));
  }

  check(): void {
    const [connections, readers] = [this.#connections.size, this.#readers.size];
    if (connections > MAX_CONNECTIONS || readers > MAX_READERS)
      throw new RangeError(`${readers} readers, ${connections} connections`);
  }

  connected(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    if (this.#connections.size <= MAX_CONNECTIONS) return;
    this.#crowded(`more than ${MAX_CONNECTIONS} connections to the stream: the oldest that read nothing are closed`);
    const reading = new Set([...this.#readers].map(({ response }) => response.socket));
    for (const oldest of this.#connections)
      if (!reading.has(oldest)) {
        this.#connections.delete(oldest);
        return void oldest.destroy();
      }
  }

  /** This one has asked for something. */
  asked(socket: Socket): void {
    if (this.#connections.delete(socket)) this.#connections.add(socket);
  }

  /** A place for one more reader, until it leaves. Undefined if there is none. */
  admit(response: ServerResponse): Reader | undefined {
    if (this.#readers.size >= MAX_READERS && !this.#makeRoom()) {
      this.#crowded(`more than ${MAX_READERS} read the stream at one time: others are told to come again`);
      return undefined;
    }
    const reader = { response, stalledSince: undefined };
    this.#readers.add(reader);
    return reader;
  }

  left(reader: Reader): void {
    this.#readers.delete(reader);
  }

  #makeRoom(): boolean {
    const [longest] = [...this.#readers]
      .filter(({ stalledSince = Infinity }) => now() - stalledSince >= this.#stalledAfter)
      .sort((a, b) => (a.stalledSince ?? 0) - (b.stalledSince ?? 0));
    if (longest === undefined) return false;
    this.#readers.delete(longest);
    longest.response.destroy();
    return true;
  }
}
