import { NEVER, Observable, type Subscriber } from 'rxjs';
import { PeerError } from '../../contracts/errors.ts';
import type { Peer } from '../../contracts/peer.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import type { Message } from '../../protocol/peer/messages.ts';
import { PeerState } from '../../torrent/peers/peerState.ts';

/** The subscribers, in the order in which they came. */
class Listeners<T> {
  readonly #all = new Set<Subscriber<T>>();
  readonly stream$ = new Observable<T>((subscriber) => {
    this.#all.add(subscriber);
    return () => this.#all.delete(subscriber);
  });

  each(tell: (subscriber: Subscriber<T>) => void): void {
    for (const subscriber of [...this.#all]) tell(subscriber);
  }
}

/** A peer that says what a script has, after the handshake; its state changes before anybody hears of it. */
export class ScriptedPeer implements Peer {
  readonly address: Peer['address'];
  readonly id = new Uint8Array(20);
  readonly state: PeerState;
  readonly drained$ = NEVER;
  readonly #talk = new Listeners<Message>();
  readonly #messages = new Listeners<Message>();
  readonly talk$ = this.#talk.stream$;
  readonly messages$ = this.#messages.stream$;
  readonly #heard: (message: Message) => void;

  /** `heard` is called with each message that the peer is sent. */
  constructor(address: string, pieceCount: number, fast: boolean, heard: (message: Message) => void) {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    this.address = { host, port: Number(address.slice(colon + 1)), source: 'manual' };
    this.state = new PeerState(pieceCount, { fast, extended: true });
    this.#heard = heard;
  }

  send(...messages: readonly Message[]): boolean {
    for (const message of messages) {
      this.state.sent(message);
      this.#heard(message);
    }
    return true;
  }

  says(message: Message): void {
    try {
      this.state.received(message);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return this.#fails(new PeerError('malformed', error.message, { cause: error }));
    }
    if (message.type !== 'piece') this.#talk.each((subscriber) => subscriber.next(message));
    this.#messages.each((subscriber) => subscriber.next(message));
  }

  hangsUp(): void {
    this.#talk.each((subscriber) => subscriber.complete());
    this.#messages.each((subscriber) => subscriber.complete());
  }

  breaks(): void {
    this.#fails(new PeerError('reset', 'connection reset'));
  }

  #fails(error: PeerError): void {
    this.#talk.each((subscriber) => subscriber.error(error));
    this.#messages.each((subscriber) => subscriber.error(error));
  }
}
