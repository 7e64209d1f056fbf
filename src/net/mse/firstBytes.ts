import { Observable } from 'rxjs';
import type { Wire } from '../../contracts/network.ts';
import { rewired } from '../../contracts/wires.ts';
import { joined } from '../../protocol/mse/handshakeBytes.ts';
import { beginsHandshake } from '../../protocol/peer/handshake.ts';

/** The first bytes that the other side sends, until they tell whether it speaks plainly. */
export class FirstBytes {
  #bytes: Uint8Array = new Uint8Array();
  #isPlain: boolean | undefined;

  /** Undefined while nobody knows. */
  get isPlain(): boolean | undefined {
    return this.#isPlain;
  }

  /** Takes a chunk; returns all that has come as soon as it is known what it is, and undefined before. */
  told(chunk: Uint8Array): Uint8Array | undefined {
    const bytes = this.#bytes.length === 0 ? chunk : joined(this.#bytes, chunk);
    this.#isPlain = beginsHandshake(bytes);
    // A chunk is lent only until the next one.
    this.#bytes = this.#isPlain === undefined ? new Uint8Array(bytes) : new Uint8Array();
    return this.#isPlain === undefined ? undefined : bytes;
  }
}

/** The same wire, as if `head` had not been taken from it; `head` is lent until the wire has been emitted. */
export const withHead = (wire: Wire, head: Uint8Array): Wire => {
  let left: Uint8Array | undefined = head;
  const bytes$ = new Observable<Uint8Array>((listener) => {
    const first = left;
    left = undefined;
    if (first !== undefined) listener.next(first);
    return wire.bytes$.subscribe(listener);
  });
  return rewired(wire, { bytes$ });
};
