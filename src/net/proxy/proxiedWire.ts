import { Observable, type Subscriber, Subscription, timer } from 'rxjs';
import { NetworkError } from '../../contracts/errors.ts';
import type { PeerAddress, Road, Wire } from '../../contracts/network.ts';
import { rewired } from '../../contracts/wires.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import type { ProxyMachine } from '../../protocol/proxy/proxyMachine.ts';
import { withHead } from '../mse/firstBytes.ts';
import { proxyFault } from './proxyErrors.ts';

const byProxy = (): Road => 'proxy';

/** Milliseconds that a proxy has for what is asked of it, once it is connected: it may have to wait for others. */
export const PROXY_WITHIN = 15_000;

/** One connection to the proxy until it has done what was asked. */
class Asking {
  readonly #address: PeerAddress;
  readonly #machine: ProxyMachine;
  readonly #subscriber: Subscriber<Wire>;
  readonly #life = new Subscription();
  #done = false;

  constructor(address: PeerAddress, machine: ProxyMachine, subscriber: Subscriber<Wire>) {
    this.#address = address;
    this.#machine = machine;
    this.#subscriber = subscriber;
    subscriber.add(this.#life);
  }

  follow(wires: Observable<Wire>): void {
    this.#life.add(
      wires.subscribe({
        next: (wire) => this.#open(wire),
        error: (error: unknown) => this.#fail(error, this.#done),
        complete: () => (this.#done ? this.#subscriber.complete() : this.#hungUp()),
      }),
    );
  }

  #open(wire: Wire): void {
    const words = new Subscription();
    this.#life.add(words);
    words.add(timer(PROXY_WITHIN).subscribe(() => this.#late()));
    words.add(wire.bytes$.subscribe({ next: (chunk) => this.#heard(wire, chunk, words), error: () => undefined }));
    if (!words.closed) wire.write(this.#machine.greeting);
  }

  #heard(wire: Wire, chunk: Uint8Array, words: Subscription): void {
    try {
      const { send, rest } = this.#machine.receive(chunk);
      if (send !== undefined) wire.write(send);
      if (rest === undefined) return;
      this.#done = true;
      words.unsubscribe();
      const clean = rest.length === 0 ? wire : withHead(wire, rest);
      this.#subscriber.next(rewired(clean, { address: this.#address, road: byProxy }));
    } catch (error) {
      this.#fail(error);
    }
  }

  #late(): void {
    const why = `no answer of the proxy within ${PROXY_WITHIN / 1000} s`;
    this.#fail(new NetworkError('timeout', addressText(this.#address), why), true);
  }

  #hungUp(): void {
    const why = 'the proxy hung up instead of connecting';
    this.#fail(new NetworkError('unreachable', addressText(this.#address), why), true);
  }

  #fail(error: unknown, asIs = false): void {
    this.#life.unsubscribe();
    this.#subscriber.error(asIs ? error : proxyFault(addressText(this.#address), error));
  }
}

/**
 * Asks a proxy, to which `wires` leads, for what the machine says, and emits the wire when it has done so: from then on
 * it is as if it led to `address`.
 *
 * ```
 *   wires   -w
 *   proxy   ---a--(bx)
 *   we      -g--c-----
 *   result  ------w       x comes from w
 * ```
 *
 * Completes when the wire closes. Errors as the wires do once it is emitted, before that with a `NetworkError` that
 * says what the proxy has said, or that it can't be used. Then nothing is dialled in another way.
 */
export const proxiedWire = (
  wires: Observable<Wire>,
  address: PeerAddress,
  machine: () => ProxyMachine,
): Observable<Wire> =>
  new Observable((subscriber) => {
    try {
      new Asking(address, machine(), subscriber).follow(wires);
    } catch (error) {
      subscriber.error(proxyFault(addressText(address), error));
    }
  });
