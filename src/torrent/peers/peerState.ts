import { decodeDontHave, LT_DONTHAVE } from '../../protocol/peer/dontHave.ts';
import {
  decodeExtensionHandshake,
  EXTENSION_HANDSHAKE,
  type ExtensionHandshake,
  mergeExtensionHandshakes,
} from '../../protocol/peer/extensions.ts';
import type { Abilities } from '../../protocol/peer/handshake.ts';
import type { Message } from '../../protocol/peer/messages.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { Bitfield } from '../bitfield.ts';
import { HaveBeforeMetadata } from './haveBeforeMetadata.ts';

/**
 * What we know about one peer. The reducer in `handshake` changes it before any subscriber hears the message, and so
 * does every message that we send. Invariant: `have` has one bit for each piece of the torrent, and none while the
 * number of pieces is unknown; until then the pieces that the peer says it has are in `#early`. It offers pieces that
 * exist, and not too many.
 */
export class PeerState {
  /** The peer chokes us: it will not serve us. True until it unchokes us. */
  choked = true;
  /** The peer is interested in pieces that we have. */
  interested = false;
  /** We choke the peer: we will not serve it. True until we unchoke it. */
  choking = true;
  /** We have told the peer that we are interested in its pieces. */
  interesting = false;
  /** Both sides speak the fast extension (BEP 6). */
  readonly fast: boolean;
  /** Both sides speak the extension protocol (BEP 10). */
  readonly extended: boolean;
  /** The peer has a DHT node (BEP 5). */
  readonly dht: boolean;
  /** Both sides know the torrent by its info-hash of version 2 (BEP 52). */
  readonly v2: boolean;
  /** The pieces that the peer has; no bits while the number of pieces is unknown. */
  have: Bitfield;
  /** Bytes that the peer has sent after the handshake, including those of incomplete messages. */
  heard = 0;
  /** Payload bytes that the peer has sent. */
  downloaded = 0;
  /** Payload bytes that we have sent. */
  uploaded = 0;
  /** Pieces that we may request while the peer chokes us (BEP 6). */
  readonly allowedFast: Set<number> = new Set();
  /**
   * The pieces that the peer has suggested most recently (BEP 6). A choke does not change them. The code that requests
   * them removes those that are not wanted.
   */
  readonly suggested: Set<number> = new Set();
  /** Pieces that we allow the peer to request while we choke it (BEP 6). */
  readonly allowing: Set<number> = new Set();
  /** The peer's extension handshakes (BEP 10), merged; undefined before the first one. */
  extensions: ExtensionHandshake | undefined = undefined;
  /** Our own extension handshake. */
  ourExtensions: ExtensionHandshake | undefined = undefined;
  /** The number of requests that the peer queues, if it has told us. */
  reqq: number | undefined = undefined;
  /** Number of pieces that the peer had and no longer has (BEP 54). */
  revoked = 0;
  #first = true;
  /** The peer has said which pieces it has. */
  #told = false;
  #repeats = 0;
  #early: HaveBeforeMetadata | undefined;

  /** `pieceCount` is undefined while the number of pieces is unknown. */
  constructor(
    pieceCount: number | undefined,
    { fast = false, extended = false, dht = false, v2 = false }: Partial<Abilities> = {},
  ) {
    this.fast = fast;
    this.extended = extended;
    this.dht = dht;
    this.v2 = v2;
    this.have = new Bitfield(pieceCount ?? 0);
    this.#early = pieceCount === undefined ? new HaveBeforeMetadata() : undefined;
  }

  /** Sets the number of pieces once it is known. @throws Malformed if the peer has claimed pieces that do not exist. */
  counted(pieceCount: number): void {
    if (this.#early === undefined) return;
    this.have = this.#early.counted(pieceCount);
    this.#early = undefined;
    for (const favours of [this.allowedFast, this.suggested])
      for (const piece of favours) if (piece >= pieceCount) favours.delete(piece);
  }

  /** Applies a message from the peer. @throws Malformed for a message that is not allowed here. */
  received(message: Message): void {
    if (message.type === 'piece') {
      this.downloaded += message.bytes.length;
      this.#first = false;
      return;
    }
    switch (message.type) {
      case 'choke':
        this.choked = true;
        break;
      case 'unchoke':
        this.choked = false;
        break;
      case 'interested':
        this.interested = true;
        break;
      case 'notInterested':
        this.interested = false;
        break;
      case 'have':
      case 'bitfield':
      case 'haveAll':
      case 'haveNone':
        this.#tells(message);
        break;
      case 'allowedFast':
      case 'suggest':
        this.#offers(message);
        break;
      case 'reject':
        this.#needsFast('reject');
        break;
      case 'extended':
        this.#extends(message);
        break;
    }
    if (message.type !== 'keepAlive' && message.type !== 'extended' && message.type !== 'port') this.#first = false;
    if (message.type === 'have' || message.type === 'bitfield' || message.type === 'haveAll') this.#told = true;
  }

  /** Which pieces they have. */
  #tells(message: Message): void {
    switch (message.type) {
      case 'have':
        this.#inRange('have', message.piece);
        if (this.#early === undefined) this.have.set(message.piece);
        else this.#early.set('have', message.piece);
        break;
      case 'bitfield':
        if (this.#early === undefined) this.#replace(Bitfield.told(message.bytes, this.have.length));
        else if (!this.#early.add(message.bytes)) this.#repeated('bitfield');
        break;
      case 'haveAll':
        this.#needsFast('have all');
        this.#repeated('have all');
        if (this.#early === undefined) this.have.setAll();
        else this.#early.setAll();
        break;
      case 'haveNone':
        this.#needsFast('have none');
        this.#nothing('have none');
        break;
    }
  }

  /** A piece that they would give (BEP 6). */
  #offers(message: Message): void {
    if (message.type === 'allowedFast') {
      this.#needsFast('allowed fast');
      if (this.#exists(message.piece) && this.allowedFast.size < MAX_ALLOWED_FAST) this.allowedFast.add(message.piece);
    } else if (message.type === 'suggest') {
      this.#needsFast('suggest');
      if (this.#exists(message.piece)) this.#suggest(message.piece);
    }
  }

  #extends({ id, payload }: Extract<Message, { readonly type: 'extended' }>): void {
    if (this.extended && id === EXTENSION_HANDSHAKE) this.#introduced(decodeExtensionHandshake(payload));
    else if (this.ourExtensions?.ids.get(LT_DONTHAVE) === id) this.#revoke(decodeDontHave(payload, this.have.length));
  }

  /** Applies a message to the peer. Requests, which are the most frequent ones, change nothing here. */
  sent(message: Message): void {
    if (message.type === 'choke') this.choking = true;
    else if (message.type === 'unchoke') this.choking = false;
    else if (message.type === 'interested') this.interesting = true;
    else if (message.type === 'notInterested') this.interesting = false;
    else if (message.type === 'piece') this.uploaded += message.bytes.length;
    else if (message.type === 'allowedFast') this.allowing.add(message.piece);
    else if (message.type === 'extended' && message.id === EXTENSION_HANDSHAKE) {
      this.ourExtensions = mergeExtensionHandshakes(this.ourExtensions, decodeExtensionHandshake(message.payload));
    }
  }

  /** The id under which the peer expects the messages of an extension; undefined unless both sides support it. */
  idOf(extension: string): number | undefined {
    return this.ourExtensions?.ids.has(extension) === true ? this.extensions?.ids.get(extension) : undefined;
  }

  #introduced(handshake: ExtensionHandshake): void {
    this.extensions = mergeExtensionHandshakes(this.extensions, handshake);
    this.reqq = this.extensions.reqq;
  }

  /**
   * aria2 sends a bitfield, or *have all*, instead of several *have* messages, and repeats the pieces that it had
   * before.
   */
  #replace(field: Bitfield): void {
    const before = this.have.count;
    for (let index = 0; index < field.length; index++) if (field.has(index)) this.have.set(index);
    if (this.have.count === before) this.#repeated('bitfield');
  }

  /** The oldest suggestion is dropped: a suggested piece is one that the peer has in its cache now. */
  #suggest(piece: number): void {
    this.suggested.delete(piece);
    this.suggested.add(piece);
    if (this.suggested.size <= MAX_SUGGESTED) return;
    for (const oldest of this.suggested) {
      this.suggested.delete(oldest);
      return;
    }
  }

  #revoke(piece: number): void {
    this.have.clear(piece);
    this.revoked++;
  }

  #inRange(what: string, piece: number): void {
    if (this.#early !== undefined) this.#early.within(what, piece);
    else if (piece >= this.have.length) throw new Malformed(what, `a piece below ${this.have.length}`, piece);
  }

  /** An allowed or suggested piece that does not exist is ignored: older clients send such, and it does no harm. */
  #exists(piece: number): boolean {
    return this.#early !== undefined || piece < this.have.length;
  }

  /** Each repetition costs a pass over all pieces: some are tolerated, a flood is not. */
  #repeated(what: string): void {
    if (!this.#first && ++this.#repeats > MAX_REPEATS)
      throw new Malformed(what, `at most ${MAX_REPEATS} after the first message`, 'more');
  }

  /**
   * WebTorrent, if it began with a magnet link, sends *have none* when it has the metadata, and so after other
   * messages.
   */
  #nothing(what: string): void {
    if (this.#told) throw new Malformed(what, 'it before anything else about pieces', 'it later');
    this.#repeated(what);
  }

  #needsFast(what: string): void {
    if (!this.fast) throw new Malformed(what, 'the fast extension agreed in the handshake', 'it without');
  }

  check(): void {
    if (this.#early !== undefined && this.have.length > 0)
      throw new RangeError('pieces are counted before they are known');
    this.#early?.check();
    this.have.check();
    for (const pieces of [this.allowedFast, this.suggested]) {
      if (pieces.size > Math.max(MAX_ALLOWED_FAST, MAX_SUGGESTED)) throw new RangeError(`${pieces.size} are offered`);
      for (const piece of pieces) if (!this.#exists(piece)) throw new RangeError(`piece ${piece} is offered`);
    }
  }
}

const MAX_ALLOWED_FAST = 64;
/** Maximum number of suggestions that are kept for one peer. */
const MAX_SUGGESTED = 64;
/** Maximum number of bitfields, *have all* and *have none* that say nothing new, after the first message. */
const MAX_REPEATS = 8;
