import { Observable, type Subscriber, Subscription } from 'rxjs';
import type { PlainRoad, Road, Wire } from '../../contracts/network.ts';
import type { MseMachine } from '../../protocol/mse/mseMachine.ts';
import { MAX_INITIAL, MseInitiator } from '../../protocol/mse/mseInitiator.ts';
import { joined } from '../../protocol/mse/handshakeBytes.ts';

/** The way of a wire that is plain below. */
const roadOf = ({ road }: Wire, { outgoing }: MseMachine): Road => {
  const below = (road?.() ?? 'tcp') as PlainRoad;
  return outgoing === undefined ? below : `${below}+rc4`;
};

/**
 * The clean wire above one that carries an encrypted handshake, and what follows it. What is written within the `next`
 * that emits it goes along with the handshake; later writes wait until it is decided how they are sent. Once that is
 * *plain*, the subscriber is joined to the wire below, and nothing stands between them. Depends on the machine, the
 * wire and the subscribers. Invariant: nothing waits once the handshake is over.
 */
export class MseWire {
  readonly wire: Wire;
  readonly #below: Wire;
  readonly #machine: MseMachine;
  readonly #emit: (wire: Wire) => void;
  readonly #listeners = new Set<Subscriber<Uint8Array>>();
  readonly #writers = new Set<Subscriber<void>>();
  readonly #line = new Subscription();
  #waiting: Uint8Array[] = [];
  /** Memory that was lent for the next write, and is of nobody else. */
  #lent: ArrayBufferLike | undefined;
  #emitted = false;
  #settled = false;

  constructor(below: Wire, machine: MseMachine, emit: (wire: Wire) => void) {
    this.#below = below;
    this.#machine = machine;
    this.#emit = emit;
    const { room } = below;
    this.wire = {
      address: below.address,
      bytes$: new Observable((listener) => this.#listen(listener)),
      drained$: new Observable((writer) => {
        this.#writers.add(writer);
        writer.add(() => this.#writers.delete(writer));
        return below.drained$.subscribe(writer);
      }),
      write: (bytes) => this.#write(bytes),
      ...(room && {
        room: (size) => {
          const memory = room(size);
          this.#lent = memory.buffer;
          return memory;
        },
      }),
      road: () => roadOf(below, machine),
    };
  }

  /** Begins to listen to the wire below; `heard` is given each chunk as long as they go through the machine. */
  open(heard: (chunk: Uint8Array) => void): Subscription {
    const error = (cause: unknown): void => this.fail(cause);
    this.#line.add(this.#below.bytes$.subscribe({ next: heard, error, complete: () => this.end() }));
    return this.#line;
  }

  /** A chunk has come. @throws Malformed */
  hear(chunk: Uint8Array): void {
    if (this.#settled) {
      this.#machine.incoming?.apply(chunk);
      return this.#give(chunk);
    }
    const { send, clean } = this.#machine.receive(chunk);
    if (send !== undefined) this.#below.write(send);
    if (this.#machine.phase === 'offer' && this.#machine instanceof MseInitiator) this.#offer(this.#machine);
    else if (clean !== undefined && !this.#emitted) this.#emitNow();
    if (clean !== undefined) this.#give(clean);
    if (this.#machine.phase === 'done') this.#settle();
  }

  /** There is no encrypted handshake on the wire below: this one is not used. */
  leave(): void {
    this.#line.unsubscribe();
  }

  fail(cause: unknown): void {
    for (const listener of this.#listeners) listener.error(cause);
    this.end();
  }

  /** The wire below has ended, or is left. */
  end(): void {
    this.#line.unsubscribe();
    for (const listener of this.#listeners) listener.complete();
    for (const writer of this.#writers) writer.complete();
  }

  #emitNow(): void {
    this.#emitted = true;
    this.#emit(this.wire);
  }

  #offer(machine: MseInitiator): void {
    this.#emitNow();
    const said = joined(...this.#waiting);
    this.#waiting = said.length > MAX_INITIAL ? [said.subarray(MAX_INITIAL)] : [];
    this.#below.write(machine.offer(said.subarray(0, MAX_INITIAL)));
  }

  #settle(): void {
    this.#settled = true;
    for (const bytes of this.#waiting.splice(0)) this.#send(bytes);
    for (const writer of this.#writers) writer.next();
    if (this.#machine.incoming !== undefined) return;
    this.#line.unsubscribe();
    for (const listener of this.#listeners) this.#below.bytes$.subscribe(listener);
    this.#listeners.clear();
  }

  #listen(listener: Subscriber<Uint8Array>): Subscription | void {
    if (this.#settled && this.#machine.incoming === undefined) return this.#below.bytes$.subscribe(listener);
    if (this.#line.closed) return listener.complete();
    this.#listeners.add(listener);
    listener.add(() => this.#listeners.delete(listener));
  }

  #give(clean: Uint8Array): void {
    if (clean.length > 0) for (const listener of this.#listeners) listener.next(clean);
  }

  #write(bytes: Uint8Array): boolean {
    const isDecided = this.#settled || this.#machine.phase === 'initial' || this.#machine.phase === 'done';
    if (isDecided && this.#waiting.length === 0) return this.#send(bytes);
    this.#waiting.push(bytes);
    return false;
  }

  #send(bytes: Uint8Array): boolean {
    const cipher = this.#machine.outgoing;
    if (cipher === undefined) return this.#below.write(bytes);
    // What is written may be written to others as well.
    const own = bytes.buffer === this.#lent ? bytes : new Uint8Array(bytes);
    cipher.apply(own);
    return this.#below.write(own);
  }

  check(): void {
    if (this.#settled && this.#waiting.length > 0) throw new RangeError(`${this.#waiting.length} writes wait`);
  }
}
