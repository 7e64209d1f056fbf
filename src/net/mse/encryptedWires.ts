import { Observable, type Subscriber, Subscription, timer } from 'rxjs';
import { NetworkError, type NetworkCode } from '../../contracts/errors.ts';
import type { PeerAddress, Wire } from '../../contracts/network.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { UnluckySecret } from '../../protocol/mse/diffieHellman.ts';
import type { MseMachine, MsePhase } from '../../protocol/mse/mseMachine.ts';
import { type EncryptionOptions, PHASE_WITHIN } from './encryption.ts';
import { FirstBytes } from './firstBytes.ts';
import { MseWire } from './mseWire.ts';

/** The other side does not encrypt: it may be dialled again, and spoken to plainly. */
export class EncryptionRefused extends NetworkError {}

/** The keys have made a secret that clients hash differently: the other side is to be dialled again, with new ones. */
export class KeysUnlucky extends NetworkError {}

const WAITS_FOR: Readonly<Record<MsePhase, string>> = {
  key: 'its key',
  request: 'its request for a torrent',
  offer: 'its offer',
  answer: 'its answer',
  padding: 'its padding',
  initial: 'its first bytes',
  done: 'its messages',
};

export interface Handshaking extends Pick<EncryptionOptions, 'note'> {
  readonly address: PeerAddress;
  readonly machine: MseMachine;
  /** What we send first. */
  readonly greeting?: Uint8Array;
  /** The other side speaks plainly: returns the wire that is emitted then. Throws a `NetworkError` if that won't do. */
  readonly plain: (wire: Wire, head: Uint8Array) => Wire;
  /** The other side encrypts. Throws a `NetworkError` if that won't do. */
  readonly encrypted?: () => void;
}

/** One wire, and the handshake on it. */
class Handshake {
  readonly #it: Handshaking;
  readonly #subscriber: Subscriber<Wire>;
  readonly #life = new Subscription();
  readonly #first = new FirstBytes();
  #wire: Wire | undefined;
  #clean: MseWire | undefined;
  #emitted = false;
  #patience = Subscription.EMPTY;

  constructor(it: Handshaking, subscriber: Subscriber<Wire>) {
    this.#it = it;
    this.#subscriber = subscriber;
    subscriber.add(this.#life);
    this.#life.add(() => this.#patience.unsubscribe());
  }

  follow(wires: Observable<Wire>): void {
    this.#life.add(
      wires.subscribe({
        next: (wire) => this.#open(wire),
        error: (cause: unknown) => {
          if (this.#wire === undefined || this.#emitted) this.#subscriber.error(cause);
          else this.#fail('reset', `cut off instead of sending ${this.#missing}`);
        },
        complete: () => {
          if (this.#emitted) this.#subscriber.complete();
          else this.#fail('reset', `hung up instead of sending ${this.#missing}`);
        },
      }),
    );
  }

  get #missing(): string {
    return WAITS_FOR[this.#it.machine.phase];
  }

  #open(wire: Wire): void {
    this.#wire = wire;
    const clean = (this.#clean = new MseWire(wire, this.#it.machine, (emitted) => this.#emit(emitted)));
    this.#life.add(() => clean.end());
    this.#life.add(clean.open((chunk) => this.#heard(chunk)));
    this.#wait();
    if (this.#it.greeting === undefined) return;
    this.#note('>', 'our key');
    wire.write(this.#it.greeting);
  }

  #emit(wire: Wire): void {
    this.#emitted = true;
    this.#subscriber.next(wire);
  }

  #heard(chunk: Uint8Array): void {
    const { machine } = this.#it;
    const before = machine.phase;
    if (before === 'done') return this.#clean?.hear(chunk);
    try {
      if (this.#first.isPlain === undefined) this.#sniff(chunk);
      else this.#clean?.hear(chunk);
    } catch (error) {
      if (error instanceof NetworkError) return this.#end(error);
      if (error instanceof UnluckySecret)
        return this.#end(new KeysUnlucky('reset', addressText(this.#it.address), 'has to be given another key'));
      if (error instanceof Malformed) return this.#fail('reset', error.message, error);
      throw error;
    }
    if (machine.phase === before || this.#life.closed) return;
    this.#note('<', WAITS_FOR[before]);
    this.#wait();
  }

  #sniff(chunk: Uint8Array): void {
    const bytes = this.#first.told(chunk);
    const wire = this.#wire;
    if (bytes === undefined || wire === undefined) return;
    if (this.#first.isPlain !== true) {
      this.#it.encrypted?.();
      return this.#clean?.hear(bytes);
    }
    const plain = this.#it.plain(wire, bytes);
    this.#patience.unsubscribe();
    this.#clean?.leave();
    this.#emit(plain);
  }

  /** Another phase begins. */
  #wait(): void {
    const { machine } = this.#it;
    this.#patience.unsubscribe();
    if (machine.phase === 'done')
      return this.#note('·', `goes on ${machine.outgoing === undefined ? 'plainly' : 'with RC4'}`);
    const late = (): void => this.#fail('timeout', `did not send ${this.#missing} within ${PHASE_WITHIN / 1000} s`);
    this.#patience = timer(PHASE_WITHIN).subscribe(late);
  }

  #note(direction: '>' | '<' | '·', what: string): void {
    this.#it.note?.({ address: this.#it.address, direction, what });
  }

  #fail(code: NetworkCode, why: string, cause?: unknown): void {
    const Kind = this.#it.machine.phase === 'key' ? EncryptionRefused : NetworkError;
    this.#end(new Kind(code, addressText(this.#it.address), why, { cause }));
  }

  #end(error: NetworkError): void {
    this.#note('·', error.why);
    this.#clean?.fail(error);
    this.#life.unsubscribe();
    this.#subscriber.error(error);
  }
}

/**
 * Goes through an encrypted handshake on a wire, and emits the clean wire when the other side has shown its key (if we
 * called) or made its offer (if it did).
 *
 * ```
 *   wires   -w
 *   they    ---k--a--x
 *   we      -k-o------
 *   result  ---w------    the bytes of x come from w as the other side meant them
 * ```
 *
 * Completes when the wire closes. Errors as the wires do, and with a `NetworkError`: `timeout` if a phase takes longer
 * than {@link PHASE_WITHIN} ms, `reset` for a handshake that is none and if the wire closes before. The error is
 * {@link EncryptionRefused} if the other side may not know what encryption is.
 */
export const encryptedWires = (wires: Observable<Wire>, it: Handshaking): Observable<Wire> =>
  new Observable((subscriber) => new Handshake(it, subscriber).follow(wires));
