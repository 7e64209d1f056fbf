import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK, type Geometry } from '../../src/torrent/geometry.ts';
import { Hearing, type Word } from '../speech.ts';
import { blockBytes } from '../torrent.ts';

/** The client that a wire belongs to, as far as its wires know it. */
export interface Watcher {
  readonly geometry: Geometry;
  readonly now: () => number;
  /** A rule was broken. */
  offends(rule: string, text: string): void;
  /** A block was asked of the peer at `wire`, or is no longer. */
  opened(block: number, wire: WatchedWire): void;
  closed(block: number, wire: WatchedWire): void;
  /** A block has come. */
  got(block: number, size: number, isRight: boolean): void;
  /** A peer waited so long to be unchoked. */
  waited(milliseconds: number): void;
}

/** Requests that are open with one peer, at most. */
const MOST_OPEN = 500;
/** Milliseconds of waiting after which a peer is overdue. */
const OVERDUE = 1_500;
/** Milliseconds of silence after which a peer may be asked once more for what it was asked for just now. */
const SILENT = 1_000;
/** Milliseconds until a block may be asked of the same peer once more, as if the first request was lost. */
const AGAIN = 250;

type Of<Type extends Word['type']> = Extract<Word, { readonly type: Type }>;
type Span = Of<'request' | 'cancel' | 'reject'>;

/**
 * One connection as a client of ours sees it: what it has said when it said it, and what it hears when it hears it. So
 * each rule of the protocol can be applied without doubt about what was still under way. Depends on the words.
 */
export class WatchedWire {
  readonly #client: Watcher;
  readonly there: string;
  /** Its number among the wires of the client. */
  readonly id: number;
  readonly #said: Hearing;
  readonly #heard: Hearing;
  #isReadable = true;
  /** Whether they choke us, whether we choke them, and since when they wait for us. */
  #theyChoke = true;
  #weChoke = true;
  #theyWant = false;
  #waits: number | undefined;
  readonly #theyHave: Bitfield;
  readonly #weHave: Bitfield;
  /** Pieces that we may ask for, or give, in spite of a choke. */
  readonly #theyAllow = new Set<number>();
  readonly #weAllow = new Set<number>();
  /** Blocks that we have asked for, and when; blocks that they have asked for. */
  readonly #open = new Map<number, number>();
  readonly #owed = new Set<number>();
  /** Blocks that later ones have overtaken. */
  readonly #overtaken = new Set<number>();
  #isFast = false;
  /** When the last block came. */
  #cameAt = 0;
  #askedAt: number | undefined;

  constructor(client: Watcher, there: string, id: number) {
    this.#client = client;
    this.there = there;
    this.id = id;
    const { pieceCount } = client.geometry;
    this.#theyHave = new Bitfield(pieceCount);
    this.#weHave = new Bitfield(pieceCount);
    this.#said = new Hearing((word) => this.#says(word));
    this.#heard = new Hearing((word) => this.#hears(word));
  }

  /** It keeps us waiting: others may be asked for what it owes. */
  get isOverdue(): boolean {
    return this.#client.now() - Math.max(this.#cameAt, this.#askedAt ?? Infinity) >= OVERDUE;
  }

  /** Bytes that we send. */
  says(bytes: Uint8Array): void {
    this.#read(this.#said, bytes);
  }

  /** Bytes that have arrived. */
  hears(bytes: Uint8Array): void {
    this.#read(this.#heard, bytes);
  }

  over(): void {
    this.#tellWait();
    for (const block of this.#open.keys()) this.#client.closed(block, this);
    this.#open.clear();
  }

  /** What is not of the protocol is not looked at. */
  #read(hearing: Hearing, bytes: Uint8Array): void {
    if (!this.#isReadable) return;
    try {
      hearing.push(bytes);
    } catch {
      this.#isReadable = false;
    }
  }

  #offends(rule: string, text: string): void {
    this.#client.offends(rule, `to ${this.there}: ${text}`);
  }

  #says(word: Word): void {
    if (word.type === 'handshake') this.#isFast = word.fast;
    else if (word.type === 'request') this.#asks(word);
    else if (word.type === 'piece') this.#gives(word);
    else if (word.type === 'cancel') this.#cancels(word);
    else if (word.type === 'reject') this.#owed.delete(this.#blockOf(word));
    else if (word.type === 'choke') this.#chokes();
    else if (word.type === 'unchoke') this.#unchokes();
    else if (word.type === 'allowedFast') this.#weAllow.add(word.piece);
    else note(this.#weHave, word);
  }

  #hears(word: Word): void {
    if (word.type === 'handshake') this.#isFast &&= word.fast;
    else if (word.type === 'request') this.#owed.add(this.#blockOf(word));
    else if (word.type === 'cancel') this.#owed.delete(this.#blockOf(word));
    else if (word.type === 'piece') this.#gets(word);
    else if (word.type === 'reject') this.#close(this.#blockOf(word));
    else if (word.type === 'choke') this.#isChoked();
    else if (word.type === 'unchoke') this.#theyChoke = false;
    else if (word.type === 'allowedFast') this.#theyAllow.add(word.piece);
    else if (word.type === 'interested' || word.type === 'notInterested') this.#want(word.type === 'interested');
    else note(this.#theyHave, word);
  }

  #asks({ piece, begin, length }: Span): void {
    const { geometry } = this.#client;
    const block = piece * geometry.blocksPerPiece + begin / BLOCK;
    const name = `${piece}/${begin}`;
    if (!geometry.hasBlock(piece, begin / BLOCK, length)) return this.#offends('asks for blocks', `${name}+${length}`);
    if (!this.#theyHave.has(piece)) this.#offends('asks for what they have', name);
    if (this.#theyChoke && !this.#theyAllow.has(piece)) this.#offends('does not ask while it is choked', name);
    const before = this.#open.get(block);
    const now = this.#client.now();
    const isDoubted = this.#overtaken.delete(block) || now - this.#cameAt >= SILENT;
    if (before !== undefined && now - before < AGAIN && !isDoubted)
      this.#offends('asks once', `${name}, after ${now - before} ms`);
    this.#askedAt ??= now;
    this.#open.delete(block);
    this.#open.set(block, now);
    if (this.#open.size > MOST_OPEN) this.#offends('asks for no more than 500 blocks', `${this.#open.size}`);
    this.#client.opened(block, this);
  }

  #cancels(word: Span): void {
    this.#close(this.#blockOf(word));
  }

  #gets({ piece, begin, bytes }: Of<'piece'>): void {
    const { geometry } = this.#client;
    const block = piece * geometry.blocksPerPiece + begin / BLOCK;
    const isRight = Buffer.compare(bytes, blockBytes(geometry, piece, begin, bytes.length)) === 0;
    this.#cameAt = this.#client.now();
    this.#overtakes(block);
    this.#close(block);
    this.#client.got(block, bytes.length, isRight);
  }

  /** What was asked for before it, and has not come, may be taken for lost. */
  #overtakes(block: number): void {
    if (!this.#open.has(block)) return;
    for (const before of this.#open.keys()) {
      if (before === block) return;
      this.#overtaken.add(before);
      this.#client.closed(before, this);
    }
  }

  #gives({ piece, begin, bytes }: Of<'piece'>): void {
    const { geometry } = this.#client;
    const block = piece * geometry.blocksPerPiece + begin / BLOCK;
    const name = `${piece}/${begin}`;
    if (!this.#owed.delete(block)) this.#offends('gives what it was asked for', name);
    if (!this.#weHave.has(piece)) this.#offends('gives what it says it has', name);
    if (this.#weChoke && !this.#weAllow.has(piece)) this.#offends('gives nothing to whom it chokes', name);
    if (Buffer.compare(bytes, blockBytes(geometry, piece, begin, bytes.length)) !== 0)
      this.#offends('gives the right bytes', name);
  }

  /** Without the fast extension all requests are void. With it each is answered or rejected, which may take a while. */
  #isChoked(): void {
    this.#theyChoke = true;
    for (const block of [...this.#open.keys()])
      if (!this.#isFast || !this.#theyAllow.has(Math.floor(block / this.#client.geometry.blocksPerPiece)))
        this.#close(block);
  }

  #want(more: boolean): void {
    this.#theyWant = more;
    if (!more) this.#tellWait();
    else if (this.#weChoke) this.#waits ??= this.#client.now();
  }

  #chokes(): void {
    this.#weChoke = true;
    if (this.#theyWant) this.#waits ??= this.#client.now();
    if (!this.#isFast) this.#owed.clear();
  }

  #unchokes(): void {
    this.#tellWait();
    this.#weChoke = false;
  }

  #tellWait(): void {
    if (this.#waits !== undefined) this.#client.waited(this.#client.now() - this.#waits);
    this.#waits = undefined;
  }

  #close(block: number): void {
    if (this.#open.delete(block)) this.#client.closed(block, this);
  }

  #blockOf({ piece, begin }: Span): number {
    return piece * this.#client.geometry.blocksPerPiece + begin / BLOCK;
  }
}

/** What a message says of the pieces that its sender has. */
const note = (have: Bitfield, word: Word): void => {
  if (word.type === 'have' && word.piece < have.length) have.set(word.piece);
  else if (word.type === 'haveAll') have.setAll();
  else if (word.type === 'bitfield')
    for (let piece = 0; piece < have.length; piece++)
      if (((word.bytes[piece >> 3] ?? 0) >> (7 - (piece & 7))) & 1) have.set(piece);
};
