import { UtpConnection, type UtpEnd, type UtpSink } from '../../../src/protocol/utp/utpConnection.ts';
import { RESET, resetOf, UtpPacket } from '../../../src/protocol/utp/utpPacket.ts';

/** What a network does with datagrams. Times are ms. */
export interface Weather {
  readonly seed: number;
  /** Shares of the datagrams. */
  readonly loss?: number;
  readonly twice?: number;
  /** Every datagram takes this long, and up to so much more by chance, so that it may overtake others. */
  readonly delay?: number;
  readonly jitter?: number;
  /** Bytes a ms that go through, of those that have a queue of so many bytes before them. */
  readonly rate?: number;
  readonly queue?: number;
  /** Datagrams of more bytes do not arrive. */
  readonly mtu?: number;
  /** How fast the clock of the one who is called goes. */
  readonly clock?: number;
  /** What becomes of a datagram, by its number: for drawings. */
  readonly drops?: (datagram: Uint8Array, number: number) => boolean;
}

/** Chance that can be repeated: numbers from 0 to 1. */
export const chance = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** One end of the link. */
export class End implements UtpSink {
  connection: UtpConnection | undefined;
  readonly received: Uint8Array[] = [];
  readonly packet = new UtpPacket();
  end: UtpEnd | undefined;
  isOpen = false;
  length = 0;
  sent = 0;
  /** The longest that a datagram of this end has waited. */
  waited = 0;
  freeAt = 0;
  send: (datagram: Uint8Array) => void = () => {};

  deliver(bytes: Uint8Array): void {
    this.received.push(new Uint8Array(bytes));
    this.length += bytes.length;
  }

  opened(): void {
    this.isOpen = true;
  }

  ended(why: UtpEnd): void {
    this.end = why;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.received));
  }
}

interface Flying {
  readonly at: number;
  readonly to: End;
  readonly datagram: Uint8Array;
}

/** Two uTP machines and the network between them, on a time of their own. */
export class Link {
  readonly caller = new End();
  readonly called = new End();
  now = 1_000;
  datagrams = 0;
  readonly #weather: Weather;
  readonly #chance: () => number;
  #flying: Flying[] = [];

  constructor(weather: Weather, sequences: readonly [number, number] = [1, 65_000]) {
    this.#weather = weather;
    this.#chance = chance(weather.seed);
    this.caller.send = (datagram) => this.#carry(datagram, this.caller, this.called);
    this.called.send = (datagram) => this.#carry(datagram, this.called, this.caller);
    const { caller } = this;
    caller.connection = UtpConnection.call({ family: 4, id: 65_535, sequence: sequences[0], sink: caller }, this.now);
    this.#sequence = sequences[1];
  }

  readonly #sequence: number;

  clockOf(end: End): number {
    return end === this.caller ? this.now : this.now * (this.#weather.clock ?? 1);
  }

  /** Goes on until `isOver` or so many ms have passed; false if nothing happens any more. */
  run(isOver: () => boolean, within: number): boolean {
    const until = this.now + within;
    while (!isOver()) {
      const next = Math.min(this.#flying[0]?.at ?? Infinity, this.#wakes(this.caller), this.#wakes(this.called));
      if (next > until) return next !== Infinity;
      this.now = Math.max(this.now, next);
      this.#turn();
    }
    return true;
  }

  write(end: End, bytes: Uint8Array): void {
    end.connection?.write(bytes);
    end.connection?.flush(this.clockOf(end));
  }

  #wakes(end: End): number {
    const at = end.connection?.wakeAt ?? Infinity;
    return end === this.caller ? at : at / (this.#weather.clock ?? 1);
  }

  #turn(): void {
    const heard = new Set<End>();
    while (this.#flying[0] !== undefined && this.#flying[0].at <= this.now) {
      const { to, datagram } = this.#flying.shift() as Flying;
      this.#hear(to, datagram);
      heard.add(to);
    }
    for (const end of [this.caller, this.called]) {
      const now = this.clockOf(end);
      if (heard.has(end)) end.connection?.flush(now);
      if (this.#wakes(end) <= this.now) end.connection?.wake(Math.max(now, end.connection.wakeAt));
      if (end.end === 'finished') end.connection?.close(now);
      end.connection?.check();
    }
  }

  #hear(to: End, datagram: Uint8Array): void {
    const { packet } = to;
    if (!packet.read(datagram)) throw new Error('a packet that nobody can read');
    const now = this.clockOf(to);
    if (to.connection?.phase === 'closed' && packet.type !== RESET) return to.send(resetOf(packet));
    if (to.connection !== undefined) return to.connection.hear(packet, now);
    const options = { family: 4, id: (packet.id + 1) & 0xffff, sequence: this.#sequence, sink: to } as const;
    if (packet.type === 4) to.connection = UtpConnection.answer(options, packet, now);
  }

  #carry(datagram: Uint8Array, from: End, to: End): void {
    const {
      loss = 0,
      twice = 0,
      delay = 0,
      jitter = 0,
      rate = Infinity,
      queue = Infinity,
      mtu = Infinity,
    } = this.#weather;
    const number = this.datagrams++;
    from.sent++;
    if (datagram.length > mtu || this.#weather.drops?.(datagram, number) === true) return;
    const waits = Math.max(0, from.freeAt - this.now);
    if (waits * rate > queue || this.#chance() < loss) return;
    from.waited = Math.max(from.waited, waits);
    from.freeAt = this.now + waits + (datagram.length + 28) / rate;
    for (let times = this.#chance() < twice ? 2 : 1; times > 0; times--)
      this.#fly({ at: this.now + waits + delay + this.#chance() * jitter, to, datagram: new Uint8Array(datagram) });
  }

  #fly(flying: Flying): void {
    let at = this.#flying.length;
    while (at > 0 && (this.#flying[at - 1]?.at ?? 0) > flying.at) at--;
    this.#flying.splice(at, 0, flying);
  }
}

/** Bytes that tell where they belong. */
export const numbered = (length: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed) & 255;
  return bytes;
};
