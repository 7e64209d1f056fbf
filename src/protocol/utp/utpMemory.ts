import { Datagrams } from './datagrams.ts';

/** Bytes of all connections together that wait for packets that are missing. */
export const MAX_RECEIVED = 32 * 2 ** 20;
/** Bytes of all connections together that are sent and not acknowledged. */
export const MAX_SENT = 64 * 2 ** 20;

/** Bytes that several connections hold together. Depends on what each takes and gives back. */
class Share {
  readonly #most: number;
  used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many more may be held. */
  get left(): number {
    return this.#most - this.used;
  }

  take(bytes: number): void {
    this.used += bytes;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

/**
 * What all uTP connections may hold together: one alone is held by its own limits, but thousands of them could hold
 * gigabytes. Where there is nothing left, each of them still receives what is in order, and has one packet on its way.
 */
export class UtpMemory {
  readonly received: Pick<Share, 'used' | 'left' | 'take' | 'give'>;
  readonly sent: Pick<Share, 'used' | 'left' | 'take' | 'give'>;
  /** What is sent is written into this memory. */
  readonly datagrams = new Datagrams();

  constructor(received: number = MAX_RECEIVED, sent: number = MAX_SENT) {
    this.received = new Share(received);
    this.sent = new Share(sent);
  }

  check(): void {
    const { received, sent, datagrams } = this;
    datagrams.check();
    if (received.used < 0 || sent.used < 0) throw new RangeError('more was given back than taken');
    if (received.left < 0) throw new RangeError(`${received.used} bytes wait`);
  }
}
