import { Observable, Subject } from 'rxjs';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';

/**
 * One end of a line: what is written comes out at the other one, a turn of the event loop later, and not before that
 * one listens.
 */
class End implements Wire {
  readonly address: PeerAddress;
  readonly #bytes = new Subject<Uint8Array>();
  readonly #drained = new Subject<void>();
  readonly bytes$ = this.#bytes.asObservable();
  readonly drained$ = this.#drained.asObservable();
  other: End | undefined;
  open = false;
  readonly #waiting: Uint8Array[] = [];

  constructor(address: PeerAddress) {
    this.address = address;
  }

  write(bytes: Uint8Array): boolean {
    this.#waiting.push(bytes);
    setImmediate(() => this.flush());
    return this.#waiting.length === 1;
  }

  flush(): void {
    if (this.other?.open !== true) return;
    const waiting = this.#waiting.splice(0);
    for (const bytes of waiting) this.other.#bytes.next(bytes);
    if (waiting.length > 0) this.#drained.next();
  }

  hangUp(): void {
    setImmediate(() => this.#end());
  }

  #end(): void {
    if (this.other !== undefined) this.other.#bytes.complete();
  }
}

/** A line between two who do not listen: each dials its own end. Each end has the address of the other one. */
export const line = (one: PeerAddress, other: PeerAddress): readonly [Observable<Wire>, Observable<Wire>] => {
  const ends = [new End(other), new End(one)] as const;
  [ends[0].other, ends[1].other] = [ends[1], ends[0]];
  const dial = (end: End): Observable<Wire> =>
    new Observable((subscriber) => {
      subscriber.add(() => end.hangUp());
      subscriber.add(end.bytes$.subscribe({ complete: () => subscriber.complete() }));
      subscriber.next(end);
      end.open = true;
      setImmediate(() => end.other?.flush());
    });
  return [dial(ends[0]), dial(ends[1])];
};
