import { Malformed } from '../encoding/malformed.ts';
import {
  isUnlucky,
  KEY_LENGTH,
  PRIVATE_LENGTH,
  privateKey,
  publicKey,
  sharedSecret,
  UnluckySecret,
} from './diffieHellman.ts';
import { HandshakeBytes, joined, MAX_PADDING, padding, paddingLength } from './handshakeBytes.ts';
import { callMark, ciphersOf, type Ciphers, maskedMark, PLAINTEXT, RC4, torrentMark } from './mseKeys.ts';
import type { Heard, MseMachine, MsePhase, RandomBytes } from './mseMachine.ts';
import type { Rc4 } from './rc4.ts';

/** Zeros that show, encrypted, that a side knows the torrent (VC). */
export const VERIFICATION_LENGTH = 8;
/** VC, the way that was chosen, and the length of the padding. */
const CHOICE_LENGTH = 4 + 2;
/** The most that goes along with our offer (IA): its length is sent in two bytes. */
export const MAX_INITIAL = 65_535;

export interface InitiatorOptions {
  readonly infoHash: Uint8Array;
  /** The ways that we allow: {@link PLAINTEXT}, {@link RC4}, or the sum of both. */
  readonly provide: number;
  readonly randomBytes: RandomBytes;
}

/**
 * The side of an encrypted handshake that has called.
 *
 * ```
 *   we     greeting --------- offer(initial) ------------------ plain or RC4
 *   they   -------- key, PadB --------------- answer, PadD, ... plain or RC4
 *   phase  key      offer     answer          padding, done
 * ```
 *
 * Depends on the chunks, on the info-hash and on randomness. Both sides prove that they know the info-hash; what goes
 * along with the offer reaches nobody else. `receive` throws an `UnluckySecret` if another key has to be tried.
 */
export class MseInitiator implements MseMachine {
  /** The first that is sent: our public key, and PadA. */
  readonly greeting: Uint8Array;
  incoming: Rc4 | undefined;
  outgoing: Rc4 | undefined;
  readonly #options: InitiatorOptions;
  readonly #own: bigint;
  readonly #bytes = new HandshakeBytes();
  #phase: MsePhase = 'key';
  #secret: Uint8Array = new Uint8Array();
  #ciphers: Ciphers | undefined;
  #proof: Uint8Array = new Uint8Array();
  #padding = 0;

  constructor(options: InitiatorOptions) {
    this.#options = options;
    this.#own = privateKey(options.randomBytes(PRIVATE_LENGTH));
    this.greeting = joined(publicKey(this.#own), padding(options.randomBytes));
  }

  get phase(): MsePhase {
    return this.#phase;
  }

  receive(chunk: Uint8Array): Heard {
    this.#bytes.push(chunk);
    while (this.#moves());
    if (this.#phase !== 'done') {
      if (this.#phase === 'offer' && this.#bytes.length > MAX_PADDING)
        throw new Malformed('padding', `at most ${MAX_PADDING} bytes before our offer`, this.#bytes.length);
      this.#bytes.keep();
      return {};
    }
    const clean = this.#bytes.takeAll();
    this.incoming?.apply(clean);
    return { clean };
  }

  /**
   * Asks for the torrent, in phase `offer`, and returns what is to be sent; `initial` is what the user of the
   * connection says first.
   */
  offer(initial: Uint8Array): Uint8Array {
    if (this.#phase !== 'offer') throw new RangeError(`MseInitiator: no offer in phase ${this.#phase}`);
    if (initial.length > MAX_INITIAL) throw new RangeError(`MseInitiator: ${initial.length} initial bytes`);
    const { infoHash, provide, randomBytes } = this.#options;
    const ciphers = (this.#ciphers = ciphersOf(this.#secret, infoHash));
    const pad = padding(randomBytes);
    const said = joined(
      new Uint8Array(VERIFICATION_LENGTH),
      Uint8Array.of(0, 0, 0, provide, pad.length >> 8, pad.length & 0xff),
      pad,
      Uint8Array.of(initial.length >> 8, initial.length & 0xff),
      initial,
    );
    ciphers.calling.apply(said);
    // What the other side's proof looks like: its cipher has moved on as far as theirs will have.
    ciphers.called.apply((this.#proof = new Uint8Array(VERIFICATION_LENGTH)));
    this.#phase = 'answer';
    return joined(callMark(this.#secret), maskedMark(torrentMark(infoHash), this.#secret), said);
  }

  #moves(): boolean {
    if (this.#phase === 'key') return this.#readsKey();
    if (this.#phase === 'answer') return this.#readsAnswer();
    if (this.#phase === 'padding') return this.#skipsPadding();
    return false;
  }

  #readsKey(): boolean {
    const theirs = this.#bytes.take(KEY_LENGTH);
    if (theirs === undefined) return false;
    this.#secret = sharedSecret(this.#own, theirs);
    if (isUnlucky(this.#secret)) throw new UnluckySecret('shared secret', 'another first byte', 0);
    this.#phase = 'offer';
    return true;
  }

  #readsAnswer(): boolean {
    if (this.#proof.length > 0) {
      if (!this.#bytes.skipTo(this.#proof, 'the proof that the torrent is known')) return false;
      this.#proof = new Uint8Array();
    }
    const choice = this.#bytes.take(CHOICE_LENGTH);
    if (choice === undefined) return false;
    this.#ciphers?.called.apply(choice);
    const [a = 0, b = 0, c = 0, select = 0, high = 0, low = 0] = choice;
    if ((a | b | c) !== 0 || (select !== PLAINTEXT && select !== RC4) || (select & this.#options.provide) === 0)
      throw new Malformed('crypto_select', 'one of the ways that were offered', select);
    this.#padding = paddingLength(high, low);
    if (select === RC4) this.outgoing = this.#ciphers?.calling;
    this.#phase = 'padding';
    return true;
  }

  #skipsPadding(): boolean {
    const skipped = this.#bytes.take(this.#padding);
    if (skipped === undefined) return false;
    this.#ciphers?.called.apply(skipped);
    if (this.outgoing !== undefined) this.incoming = this.#ciphers?.called;
    // A connection that goes on plainly needs no memory for ciphers.
    this.#ciphers = undefined;
    this.#phase = 'done';
    return true;
  }
}
