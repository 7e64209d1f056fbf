import { ID_LENGTH } from '../encoding/id.ts';
import { Malformed } from '../encoding/malformed.ts';
import { isUnlucky, KEY_LENGTH, PRIVATE_LENGTH, privateKey, publicKey, sharedSecret } from './diffieHellman.ts';
import { HandshakeBytes, joined, padding, paddingLength } from './handshakeBytes.ts';
import { VERIFICATION_LENGTH } from './mseInitiator.ts';
import { callMark, ciphersOf, type Ciphers, maskedMark, PLAINTEXT, RC4 } from './mseKeys.ts';
import type { Heard, MseMachine, MsePhase, RandomBytes } from './mseMachine.ts';
import type { Rc4 } from './rc4.ts';

/** VC, what is offered, and the length of the padding. */
const OFFER_LENGTH = VERIFICATION_LENGTH + 4 + 2;

/** Keys of ours that are tried with one of theirs. */
const MAX_KEYS = 3;

export interface ResponderOptions {
  /** Which torrent of ours has this mark, `HASH('req2', infoHash)`? */
  readonly infoHashOf: (mark: Uint8Array) => Uint8Array | undefined;
  /** The ways that we allow: {@link PLAINTEXT}, {@link RC4}, or the sum of both. Plain is preferred. */
  readonly allow: number;
  readonly randomBytes: RandomBytes;
}

/**
 * The side of an encrypted handshake that was called.
 *
 * ```
 *   they   key, PadA --------- request, offer, PadC, initial ------ plain or RC4
 *   we     --------- key, PadB ------------------------- answer --- plain or RC4
 *   phase  key       request   offer, padding            initial, done
 * ```
 *
 * Depends on the chunks, on our torrents and on randomness. The torrent is found by one look into an index. In
 * `initial` the first bytes of the connection's user come, decrypted as they come: they may be sent before the
 * answer was received, and are encrypted also if what follows is plain.
 */
export class MseResponder implements MseMachine {
  incoming: Rc4 | undefined;
  outgoing: Rc4 | undefined;
  readonly #options: ResponderOptions;
  readonly #bytes = new HandshakeBytes();
  #phase: MsePhase = 'key';
  #secret: Uint8Array = new Uint8Array();
  #called: Uint8Array = new Uint8Array();
  #ciphers: Ciphers | undefined;
  #select = 0;
  #padding = 0;
  /** Initial bytes that are still to come. */
  #initial = 0;
  #send: Uint8Array | undefined;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  get phase(): MsePhase {
    return this.#phase;
  }

  receive(chunk: Uint8Array): Heard {
    this.#bytes.push(chunk);
    while (this.#moves());
    const clean = this.#clean();
    const send = this.#send;
    this.#send = undefined;
    this.#bytes.keep();
    return { ...(send && { send }), ...(clean && { clean }) };
  }

  #moves(): boolean {
    if (this.#phase === 'key') return this.#readsKey();
    if (this.#phase === 'request') return this.#readsRequest();
    if (this.#phase === 'offer') return this.#readsOffer();
    if (this.#phase === 'padding') return this.#readsPadding();
    return false;
  }

  #readsKey(): boolean {
    const theirs = this.#bytes.take(KEY_LENGTH);
    if (theirs === undefined) return false;
    const { randomBytes } = this.#options;
    let own = privateKey(randomBytes(PRIVATE_LENGTH));
    this.#secret = sharedSecret(own, theirs);
    for (let tries = 1; isUnlucky(this.#secret) && tries < MAX_KEYS; tries++) {
      own = privateKey(randomBytes(PRIVATE_LENGTH));
      this.#secret = sharedSecret(own, theirs);
    }
    this.#called = callMark(this.#secret);
    this.#send = joined(publicKey(own), padding(randomBytes));
    this.#phase = 'request';
    return true;
  }

  #readsRequest(): boolean {
    if (this.#called.length > 0) {
      if (!this.#bytes.skipTo(this.#called, 'the mark of a call')) return false;
      this.#called = new Uint8Array();
    }
    const masked = this.#bytes.take(ID_LENGTH);
    if (masked === undefined) return false;
    const infoHash = this.#options.infoHashOf(maskedMark(masked, this.#secret));
    if (infoHash === undefined) throw new Malformed('encrypted handshake', 'a torrent that we share', 'another');
    this.#ciphers = ciphersOf(this.#secret, infoHash);
    this.#phase = 'offer';
    return true;
  }

  #readsOffer(): boolean {
    const offer = this.#bytes.take(OFFER_LENGTH);
    if (offer === undefined) return false;
    this.#ciphers?.calling.apply(offer);
    if (offer.subarray(0, VERIFICATION_LENGTH).some((byte) => byte !== 0))
      throw new Malformed('encrypted handshake', 'eight zeros', 'others');
    const [provide = 0, high = 0, low = 0] = offer.subarray(VERIFICATION_LENGTH + 3);
    const ways = provide & this.#options.allow;
    this.#select = (ways & PLAINTEXT) !== 0 ? PLAINTEXT : ways & RC4;
    if (this.#select === 0) throw new Malformed('crypto_provide', `some of ${this.#options.allow}`, provide);
    this.#padding = paddingLength(high, low);
    this.#phase = 'padding';
    return true;
  }

  #readsPadding(): boolean {
    const rest = this.#bytes.take(this.#padding + 2);
    if (rest === undefined) return false;
    this.#ciphers?.calling.apply(rest);
    const [high = 0, low = 0] = rest.subarray(this.#padding);
    this.#initial = (high << 8) | low;
    const pad = padding(this.#options.randomBytes);
    const answer = joined(
      new Uint8Array(VERIFICATION_LENGTH),
      Uint8Array.of(0, 0, 0, this.#select, pad.length >> 8, pad.length & 0xff),
      pad,
    );
    this.#ciphers?.called.apply(answer);
    this.#send = this.#send === undefined ? answer : joined(this.#send, answer);
    if (this.#select === RC4) this.outgoing = this.#ciphers?.called;
    this.#phase = 'initial';
    if (this.#initial === 0) this.#finish();
    return true;
  }

  #finish(): void {
    this.#phase = 'done';
    this.incoming = this.outgoing && this.#ciphers?.calling;
    // A connection that goes on plainly needs no memory for ciphers.
    this.#ciphers = undefined;
  }

  /** What has come for the user of the connection. */
  #clean(): Uint8Array | undefined {
    if (this.#phase !== 'initial' && this.#phase !== 'done') return undefined;
    const clean = this.#bytes.takeAll();
    const encrypted = clean.subarray(0, this.#initial);
    if (this.#phase === 'initial') {
      this.#initial -= encrypted.length;
      this.#ciphers?.calling.apply(encrypted);
      if (this.#initial > 0) return clean;
      this.#finish();
    }
    this.incoming?.apply(clean.subarray(encrypted.length));
    return clean;
  }
}
