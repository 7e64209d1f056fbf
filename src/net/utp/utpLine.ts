import { type Subscriber, Subscription, timer } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import { NetworkError, type NetworkCode } from '../../contracts/errors.ts';
import type { PeerAddress, UdpEndpoint, Wire } from '../../contracts/network.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { UtpConnection, type UtpEnd, type UtpOptions, type UtpSink } from '../../protocol/utp/utpConnection.ts';
import type { UtpFields, UtpPacket } from '../../protocol/utp/utpPacket.ts';
import { type ChunkBuffers, Gathered } from './gathered.ts';
import { Listeners } from './listeners.ts';

/** Bytes that are written and wait for the network: from the first of these on `write` says so, until the second. */
const FULL = 512 * 1024;
const LOW = 128 * 1024;

/** What a line needs of the socket that it shares with others. */
export interface LineOwner {
  readonly buffers: ChunkBuffers;
  send(datagram: Uint8Array, to: UdpEndpoint): void;
  /** `flush` is to be called when this turn is over. */
  stirred(line: UtpLine): void;
  /** The other side has shown that it hears us. */
  opened(line: UtpLine): void;
  closed(line: UtpLine): void;
}

/** One uTP connection, and its wire. Depends on the machine, and on whether anybody has the wire. */
export class UtpLine implements UtpSink {
  readonly to: UdpEndpoint;
  readonly connection: UtpConnection;
  readonly wire: Wire;
  /** Does the other side call us, while we call it? */
  readonly isPunched: boolean;
  /** Has something happened in this turn? */
  isStirred = false;
  readonly #owner: LineOwner;
  readonly #gathered: Gathered;
  readonly #bytes = new Listeners<Uint8Array>();
  readonly #drained = new Listeners<void>();
  readonly #life = new Subscription();
  #subscriber: Subscriber<Wire> | undefined;
  #end: UtpEnd | undefined;
  #isFull = false;
  #wasOpen = false;
  #timer = Subscription.EMPTY;
  #timerAt = Infinity;

  constructor(owner: LineOwner, address: PeerAddress, options: Omit<UtpOptions, 'sink'>, syn?: UtpFields) {
    this.#owner = owner;
    this.to = { host: address.host, port: address.port };
    this.isPunched = address.punch === true;
    this.#gathered = new Gathered(owner.buffers, (chunk) => this.#bytes.next(chunk));
    this.wire = {
      address,
      bytes$: this.#bytes.heard$,
      drained$: this.#drained.heard$,
      write: (bytes) => this.#write(bytes),
      road: () => (this.isPunched ? 'punched' : 'utp'),
    };
    const whole = { ...options, sink: this };
    this.connection = syn === undefined ? UtpConnection.call(whole, now()) : UtpConnection.answer(whole, syn, now());
    this.#wait();
  }

  /** Gives the wire to `subscriber`, at once if the line is open and otherwise when it is; without it, we hang up. */
  attach(subscriber: Subscriber<Wire>): void {
    this.#subscriber = subscriber;
    subscriber.add(() => this.hangUp());
    if (this.#wasOpen) subscriber.next(this.wire);
  }

  get isTaken(): boolean {
    return this.#subscriber !== undefined;
  }

  hear(packet: UtpPacket): void {
    this.connection.hear(packet, now());
    this.#stir();
  }

  send(datagram: Uint8Array): void {
    this.#owner.send(datagram, this.to);
  }

  deliver(bytes: Uint8Array): void {
    this.#gathered.put(bytes);
  }

  opened(): void {
    this.#wasOpen = true;
    const caller = this.#subscriber;
    this.#owner.opened(this);
    caller?.next(this.wire);
  }

  ended(why: UtpEnd): void {
    this.#end ??= why;
    this.#stir();
  }

  /** A datagram could not be sent; `all` if none can, to nobody. */
  undelivered(why: string, all = false): void {
    if (all) {
      this.#fail('no-room', why);
      return this.#close();
    }
    // Before the other side has called us as well its router answers as if nobody were there.
    if (this.#wasOpen || this.isPunched) return;
    this.#fail('unreachable', why);
    this.#close();
  }

  /** What has come in this turn is read; what follows from that, and from what was written, is sent. */
  flush(): void {
    this.isStirred = false;
    this.#gathered.flush();
    if (this.#end !== undefined) this.#tellEnd(this.#end);
    this.connection.flush(now());
    if (this.#isFull && this.connection.queued < LOW) {
      this.#isFull = false;
      this.#drained.next();
    }
    this.#settle();
  }

  /** Nobody reads or writes any more. */
  hangUp(): void {
    this.#subscriber = undefined;
    this.connection.close(now());
    this.#bytes.complete();
    this.#drained.complete();
    this.#settle();
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#end !== undefined || this.connection.phase !== 'open') return false;
    this.connection.write(bytes);
    this.#stir();
    this.#isFull = this.connection.queued >= FULL;
    return !this.#isFull;
  }

  #stir(): void {
    if (this.isStirred) return;
    this.isStirred = true;
    this.#owner.stirred(this);
  }

  #tellEnd(why: UtpEnd): void {
    if (why === 'finished') {
      this.#bytes.complete();
      return this.#subscriber?.complete();
    }
    if (!this.#wasOpen) {
      if (why === 'reset') return this.#fail('refused', 'connection refused');
      return this.#fail('timeout', 'no connection within 7 s');
    }
    if (why === 'reset') return this.#fail('reset', 'the connection was reset');
    return this.#fail('timeout', 'no answer in time');
  }

  #fail(code: NetworkCode, why: string): void {
    const error = new NetworkError(code, addressText(this.to), why);
    this.#bytes.error(error);
    this.#subscriber?.error(error);
  }

  #settle(): void {
    if (this.connection.phase === 'closed') this.#close();
    else this.#wait();
  }

  #close(): void {
    if (this.#life.closed) return;
    this.connection.end();
    this.#life.unsubscribe();
    this.#timer.unsubscribe();
    this.#owner.closed(this);
  }

  /** One timer for each line, which is put off by whatever happens: to begin another one each time would cost more. */
  #wait(): void {
    const { wakeAt } = this.connection;
    if (wakeAt >= this.#timerAt || this.#life.closed) return;
    this.#timer.unsubscribe();
    this.#timerAt = wakeAt;
    this.#timer = timer(Math.max(0, wakeAt - now())).subscribe(() => this.#wake());
  }

  #wake(): void {
    this.#timerAt = Infinity;
    if (this.connection.wakeAt <= now()) this.connection.wake(now());
    if (this.connection.phase === 'closed' && this.#end !== undefined) this.flush();
    else this.#settle();
  }
}
