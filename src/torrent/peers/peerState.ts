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
 * What we know of one peer; changed by the reducer in `handshake` before anyone hears of the message, and by what
 * we send. Invariant: `have` has one bit for each piece of the torrent, and none while it is not known how many there
 * are; what they say they have is then in `#early`.
 */
export class PeerState {
  /** They will not serve us. True until they unchoke. */
  choked = true;
  /** They want something of us. */
  interested = false;
  /** We will not serve them. True until we unchoke. */
  choking = true;
  /** We told them that they have what we want. */
  interesting = false;
  /** Both sides speak the fast extension (BEP 6). */
  readonly fast: boolean;
  /** Both sides speak the extension protocol (BEP 10). */
  readonly extended: boolean;
  /** They have a node of the DHT (BEP 5). */
  readonly dht: boolean;
  /** The pieces that they have; none as long as it is not known how many there are. */
  have: Bitfield;
  /** Bytes they sent after the handshake, of messages that are not complete, too. */
  heard = 0;
  /** Payload bytes they sent. */
  downloaded = 0;
  /** Payload bytes we sent. */
  uploaded = 0;
  /** Pieces they may be asked for while choked (BEP 6). */
  readonly allowedFast: Set<number> = new Set();
  /**
   * Pieces they would rather give (BEP 6), those that they named last; a choke changes nothing of it. Whoever asks
   * takes out what is not wanted.
   */
  readonly suggested: Set<number> = new Set();
  /** Pieces we have told them that they may ask for while choked (BEP 6). */
  readonly allowing: Set<number> = new Set();
  /** What they have said of themselves (BEP 10), the later over the earlier; undefined before they have. */
  extensions: ExtensionHandshake | undefined = undefined;
  /** What we have said of ourselves. */
  ourExtensions: ExtensionHandshake | undefined = undefined;
  /** Requests that they keep at one time, if they have said so. */
  reqq: number | undefined = undefined;
  /** Pieces that they had and have no longer (BEP 54), counted. */
  revoked = 0;
  #first = true;
  /** They have said which pieces they have. */
  #told = false;
  #repeats = 0;
  #early: HaveBeforeMetadata | undefined;

  /** `pieceCount` is undefined as long as it is not known. */
  constructor(
    pieceCount: number | undefined,
    { fast = false, extended = false, dht = false }: Partial<Abilities> = {},
  ) {
    this.fast = fast;
    this.extended = extended;
    this.dht = dht;
    this.have = new Bitfield(pieceCount ?? 0);
    this.#early = pieceCount === undefined ? new HaveBeforeMetadata() : undefined;
  }

  /** It is known now how many pieces there are. @throws Malformed if what they have said can't be. */
  counted(pieceCount: number): void {
    if (this.#early === undefined) return;
    this.have = this.#early.counted(pieceCount);
    this.#early = undefined;
    for (const favours of [this.allowedFast, this.suggested])
      for (const piece of favours) if (piece >= pieceCount) favours.delete(piece);
  }

  /** Takes a message of theirs into account. @throws Malformed for what can't be said here. */
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
        this.#inRange('have', message.piece);
        if (this.#early === undefined) this.have.set(message.piece);
        else this.#early.set('have', message.piece);
        break;
      case 'bitfield':
        if (this.#early !== undefined) {
          if (!this.#early.add(message.bytes)) this.#repeated('bitfield');
        } else this.#replace(Bitfield.told(message.bytes, this.have.length));
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
      case 'allowedFast':
        this.#needsFast('allowed fast');
        if (this.#exists(message.piece) && this.allowedFast.size < MAX_ALLOWED_FAST)
          this.allowedFast.add(message.piece);
        break;
      case 'suggest':
        this.#needsFast('suggest');
        if (this.#exists(message.piece)) this.#suggest(message.piece);
        break;
      case 'reject':
        this.#needsFast('reject');
        break;
      case 'extended':
        if (this.extended && message.id === EXTENSION_HANDSHAKE)
          this.#introduced(decodeExtensionHandshake(message.payload));
        else if (this.ourExtensions?.ids.get(LT_DONTHAVE) === message.id)
          this.#revoke(decodeDontHave(message.payload, this.have.length));
        break;
      default:
        break;
    }
    if (message.type !== 'keepAlive' && message.type !== 'extended' && message.type !== 'port') this.#first = false;
    if (message.type === 'have' || message.type === 'bitfield' || message.type === 'haveAll') this.#told = true;
  }

  /** Takes a message of ours into account; requests, of which there are the most, change nothing here. */
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

  /** The id by which they want to be told of an extension; undefined unless both sides speak it. */
  idOf(extension: string): number | undefined {
    return this.ourExtensions?.ids.has(extension) === true ? this.extensions?.ids.get(extension) : undefined;
  }

  #introduced(handshake: ExtensionHandshake): void {
    this.extensions = mergeExtensionHandshakes(this.extensions, handshake);
    this.reqq = this.extensions.reqq;
  }

  /** Aria2 sends a bitfield, or *have all*, instead of several *have* messages, and of what it had before again. */
  #replace(field: Bitfield): void {
    const before = this.have.count;
    for (let index = 0; index < field.length; index++) if (field.has(index)) this.have.set(index);
    if (this.have.count === before) this.#repeated('bitfield');
  }

  /** The oldest goes: what they suggest is what they have at hand now. */
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

  /** A favour that is done with a piece that there is not is none, and no harm: older clients do it. */
  #exists(piece: number): boolean {
    return this.#early !== undefined || piece < this.have.length;
  }

  /** Each costs a look at all pieces: some are borne with, a flood is not. */
  #repeated(what: string): void {
    if (!this.#first && ++this.#repeats > MAX_REPEATS)
      throw new Malformed(what, `at most ${MAX_REPEATS} after the first message`, 'more');
  }

  /** WebTorrent, which knew nothing but a magnet link, says so when it has the metadata: later than other messages. */
  #nothing(what: string): void {
    if (this.#told) throw new Malformed(what, 'it before anything else about pieces', 'it later');
    this.#repeated(what);
  }

  #needsFast(what: string): void {
    if (!this.fast) throw new Malformed(what, 'the fast extension agreed in the handshake', 'it without');
  }
}

const MAX_ALLOWED_FAST = 64;
/** Suggestions of one peer that are kept. */
const MAX_SUGGESTED = 64;
/** Bitfields that say nothing new, *have all* and *have none*, after the first message. */
const MAX_REPEATS = 8;
