import { concat, defer, EMPTY, Observable, of, Subject, type Subscriber, Subscription, timer } from 'rxjs';
import type { PeerAddress, Wire } from '../../contracts/network.ts';
import { rewired } from '../../contracts/wires.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { checkProtocol, GREETING_LENGTH } from '../../protocol/peer/handshake.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';

/** Offset of the info-hash. */
const INFO_HASH = 28;
/**
 * Milliseconds for these bytes in all, however slowly they drip. With the time for the rest an idle caller is
 * disconnected after 15 s.
 */
export const CALLER_WITHIN = 5_000;
/**
 * Milliseconds that a caller waits for a torrent that is still being checked, and bytes that it may send in the
 * meantime: one that sends more does not wait for our answer.
 */
export const WAITS = 20_000;
const MAX_HEAD = 4_096;

export interface InboundHandshakeOptions {
  /** Does this torrent exist, but is not ready for callers yet? */
  readonly later: (infoHash: Uint8Array) => boolean;
  /** Called with the torrent that the caller wants. */
  readonly route: (infoHash: Uint8Array, address: PeerAddress) => void;
  /** Called when it is known what the caller wants, or it has left. */
  readonly settled: () => void;
}

/**
 * An incoming connection whose torrent is not known yet. Keeps what it receives until a subscriber takes the wire over.
 * Hangs up if none does while `route` runs (unless the torrent is ready `later`), if the bytes are not a handshake, or
 * if they do not arrive in time.
 */
export class InboundHandshake {
  readonly #call: PeerAddress;
  readonly #options: InboundHandshakeOptions;
  readonly #line = new Subscription();
  /** Ends when it is known what the caller wants. */
  readonly #doubt = new Subscription();
  readonly #bytes$ = new Subject<Uint8Array>();
  #head: Uint8Array = new Uint8Array();
  #wire: Wire | undefined;
  #taker: Subscriber<Wire> | undefined;
  #deadline: Subscription | undefined;

  constructor(call: PeerAddress, options: InboundHandshakeOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** Starts to listen to the caller. */
  listen(): void {
    this.#line.add(this.#doubt);
    this.#doubt.add(() => this.#options.settled());
    this.#doubt.add((this.#deadline = timer(CALLER_WITHIN).subscribe(() => this.hangUp())));
    const ended = { error: (error: unknown) => this.#ended(error), complete: () => this.#ended() };
    this.#line.add((this.#call.wire$ ?? EMPTY).subscribe({ ...ended, next: (wire) => this.#open(wire) }));
  }

  hangUp(): void {
    this.#line.unsubscribe();
  }

  #open(wire: Wire): void {
    this.#wire = wire;
    const ended = { error: (error: unknown) => this.#ended(error), complete: () => this.#ended() };
    this.#line.add(wire.bytes$.subscribe({ ...ended, next: (chunk) => this.#received(chunk) }));
  }

  #received(chunk: Uint8Array): void {
    if (this.#doubt.closed) return this.#bytes$.next(chunk);
    this.#head = joined(this.#head, chunk);
    if (!isGreeting(this.#head)) return this.hangUp();
    this.decide();
  }

  /** Routes the caller to its torrent, once that is known and ready. */
  decide(): void {
    if (this.#doubt.closed || this.#head.length < GREETING_LENGTH) return;
    const infoHash = this.#head.slice(INFO_HASH, GREETING_LENGTH);
    if (this.#options.later(infoHash)) return this.#wait();
    this.#doubt.unsubscribe();
    this.#options.route(infoHash, this.#address());
    if (this.#taker === undefined) this.hangUp();
  }

  #wait(): void {
    if (this.#head.length > MAX_HEAD) return this.hangUp();
    if (this.#deadline === undefined) return;
    this.#deadline.unsubscribe();
    this.#deadline = undefined;
    this.#doubt.add(timer(WAITS).subscribe(() => this.hangUp()));
  }

  #ended(error?: unknown): void {
    this.#bytes$.complete();
    if (error === undefined) this.#taker?.complete();
    else this.#taker?.error(error);
    this.hangUp();
  }

  #address(): PeerAddress {
    const address: PeerAddress = { ...this.#call, wire$: new Observable((taker) => this.#take(taker, address)) };
    return address;
  }

  #take(taker: Subscriber<Wire>, address: PeerAddress): void {
    const wire = this.#wire;
    if (wire === undefined || this.#taker !== undefined || this.#line.closed) {
      return taker.error(new NetworkError('reset', addressText(address), 'connected to us, and has left'));
    }
    this.#taker = taker;
    taker.add(this.#line);
    const head$ = defer(() => {
      const head = this.#head;
      this.#head = new Uint8Array();
      return head.length > 0 ? of(head) : EMPTY;
    });
    taker.next(rewired(wire, { address, bytes$: concat(head$, this.#bytes$) }));
  }
}

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
};

const isGreeting = (bytes: Uint8Array): boolean => {
  try {
    checkProtocol(bytes, bytes.length);
    return true;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
};
