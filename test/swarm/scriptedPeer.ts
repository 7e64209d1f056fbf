import { asapScheduler, type Subscription, timer } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import { FrameDecoder } from '../../src/protocol/peer/frames.ts';
import { beginsHandshake, encodeHandshake, HANDSHAKE_LENGTH } from '../../src/protocol/peer/handshake.ts';
import { type BlockRange, encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import type { Content } from './content.ts';

/** What is needed of a connection: a socket has it, and so may what plays one. */
export interface Plug {
  readonly destroyed: boolean;
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  end(bytes: Uint8Array): unknown;
  destroy(): unknown;
  resetAndDestroy(): unknown;
  resume(): unknown;
  on(event: 'data', hear: (bytes: Uint8Array) => void): unknown;
  on(event: 'close', hear: () => void): unknown;
  on(event: 'error', hear: (error: Error) => void): unknown;
}

export type Request = BlockRange<'request'>;

/** How a peer behaves; what is not said is what an honest seed does. A hook that returns true has dealt with it. */
export interface Conduct {
  /** Pieces it has; all unless given. */
  readonly have?: readonly number[];
  /** Speaks the fast extension. True unless given. */
  readonly fast?: boolean;
  /** Speaks the extension protocol. False unless given. */
  readonly extended?: boolean;
  /** Bytes a second to all its visitors together. */
  readonly bytesPerSecond?: number;
  /** Milliseconds from *interested* to *unchoke*; never if infinite. */
  readonly unchokeAfter?: number;
  /** Blocks served, after which it is gone for good. */
  readonly leaveAfter?: number;
  readonly infoHash?: Uint8Array;
  readonly onConnect?: (talk: Talk) => boolean | void;
  /** Instead of saying what it has. */
  readonly onHandshake?: (talk: Talk) => boolean | void;
  readonly onMessage?: (message: Message, talk: Talk) => boolean | void;
  readonly onRequest?: (request: Request, talk: Talk) => boolean | void;
}

/** One connection to a `ScriptedPeer`, seen from that peer. */
export class Talk {
  readonly peer: ScriptedPeer;
  readonly socket: Plug;
  /** Requests, and when they came, in milliseconds. */
  readonly requests: { readonly request: Request; readonly at: number }[] = [];
  closed = false;
  choking = true;
  readonly connectedAt = now();
  closedAt = Infinity;
  readonly #queue: Request[] = [];
  readonly #timers = new Set<Subscription>();

  constructor(peer: ScriptedPeer, socket: Plug) {
    this.peer = peer;
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.closedAt = now();
      for (const waiting of this.#timers) waiting.unsubscribe();
    });
  }

  get content(): Content {
    return this.peer.content;
  }

  raw(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  send(...messages: readonly Message[]): void {
    this.raw(encodeMessages(messages));
  }

  /** Ends with the connection. */
  after(milliseconds: number, act: () => void): void {
    const waiting = timer(milliseconds).subscribe(() => {
      this.#timers.delete(waiting);
      if (!this.closed) act();
    });
    this.#timers.add(waiting);
  }

  handshake(infoHash: Uint8Array = this.peer.conduct.infoHash ?? this.content.torrent.infoHash): void {
    this.raw(
      encodeHandshake({
        infoHash,
        peerId: this.peer.id,
        fast: this.peer.conduct.fast ?? true,
        extended: this.peer.conduct.extended ?? false,
      }),
    );
  }

  sayWhatThereIs(): void {
    const { have, fast = true } = this.peer.conduct;
    const field = new Bitfield(this.content.geometry.pieceCount);
    if (have === undefined) field.setAll();
    else for (const piece of have) field.set(piece);
    if (fast && field.full) this.send({ type: 'haveAll' });
    else if (field.count > 0) this.send({ type: 'bitfield', bytes: field.bytes });
    else if (fast) this.send({ type: 'haveNone' });
  }

  unchoke(): void {
    this.choking = false;
    this.send({ type: 'unchoke' });
  }

  choke(): void {
    this.choking = true;
    this.#queue.length = 0;
    this.send({ type: 'choke' });
  }

  /** The right bytes. */
  blockOf({ piece, begin, length }: Omit<Request, 'type'>): Uint8Array {
    const at = this.content.geometry.pieceOffset(piece) + begin;
    return this.content.bytes.subarray(at, at + length);
  }

  give(request: Request, bytes: Uint8Array = this.blockOf(request)): void {
    if (this.peer.gone) return;
    this.peer.served(request, bytes.length);
    this.send({ type: 'piece', piece: request.piece, begin: request.begin, bytes });
  }

  giveWrong(request: Request): void {
    const bytes = Uint8Array.from(this.blockOf(request));
    bytes[0] = ~(bytes[0] as number);
    this.give(request, bytes);
  }

  hear(message: Message): void {
    if (message.type === 'request') {
      this.requests.push({ request: message, at: now() });
      this.peer.askedFor(message);
    }
    const { conduct } = this.peer;
    if (conduct.onMessage?.(message, this) === true) return;
    if (message.type === 'interested') {
      const wait = conduct.unchokeAfter ?? 0;
      if (wait === 0) this.unchoke();
      else if (wait !== Infinity) this.after(wait, () => this.unchoke());
    } else if (message.type === 'cancel') {
      const at = this.#queue.findIndex(({ piece, begin }) => piece === message.piece && begin === message.begin);
      if (at >= 0) this.#queue.splice(at, 1);
    } else if (message.type === 'request' && !this.choking && conduct.onRequest?.(message, this) !== true)
      this.serve(message);
  }

  /** Gives what was asked for, when the throttle lets it. */
  serve(request: Request): void {
    if (this.peer.conduct.bytesPerSecond === undefined) {
      this.give(request);
      return;
    }
    this.#queue.push(request);
    if (this.#queue.length === 1) this.#next();
  }

  #next(): void {
    const request = this.#queue[0];
    if (request === undefined) return;
    const wait = this.peer.turn(request.length);
    const go = (): void => {
      // Cancelled meanwhile, it is another's turn.
      if (this.#queue[0] === request) {
        this.#queue.shift();
        this.give(request);
      }
      this.#next();
    };
    if (wait < 1) asapScheduler.schedule(go);
    else this.after(wait, go);
  }
}

/** A peer that behaves as it is told, whatever its connections are made of. */
export class ScriptedPeer {
  readonly content: Content;
  readonly conduct: Conduct;
  readonly id = new Uint8Array(20).map(() => Math.floor(Math.random() * 256));
  readonly talks: Talk[] = [];
  /** Whole blocks asked for, and given, by number of the block in the torrent. */
  readonly asked = new Map<number, number>();
  readonly given = new Map<number, number>();
  givenBytes = 0;
  port = 0;
  /** It has given its last block. */
  gone = false;
  #blocks = 0;
  #free = 0;

  constructor(content: Content, conduct: Conduct) {
    this.content = content;
    this.conduct = conduct;
  }

  /** Connections at this moment. */
  get connected(): number {
    return this.talks.filter(({ closed }) => !closed).length;
  }

  /** Milliseconds until so many more bytes may be sent. */
  turn(bytes: number): number {
    const at = now();
    this.#free = Math.max(at, this.#free) + (bytes / (this.conduct.bytesPerSecond ?? Infinity)) * 1000;
    return this.#free - at;
  }

  askedFor(request: Request): void {
    const block = this.#numberOf(request);
    this.asked.set(block, (this.asked.get(block) ?? 0) + 1);
  }

  served(request: Request, bytes: number): void {
    const block = this.#numberOf(request);
    this.given.set(block, (this.given.get(block) ?? 0) + 1);
    this.givenBytes += bytes;
    if (++this.#blocks !== this.conduct.leaveAfter) return;
    this.gone = true;
    asapScheduler.schedule(() => this.leave());
  }

  /** Pieces of which every block was given at least `times` times. */
  wholePieces(times = 1): readonly number[] {
    const { geometry } = this.content;
    return [...new Array(geometry.pieceCount).keys()].filter((piece) =>
      [...new Array(geometry.blockCount(piece)).keys()].every(
        (block) => (this.given.get(piece * geometry.blocksPerPiece + block) ?? 0) >= times,
      ),
    );
  }

  forget(): void {
    this.asked.clear();
    this.given.clear();
    this.givenBytes = 0;
  }

  /** Hangs up on everyone. */
  leave(): void {
    for (const { socket } of this.talks) socket.destroy();
  }

  #numberOf({ piece, begin }: Request): number {
    return piece * this.content.geometry.blocksPerPiece + begin / BLOCK;
  }

  /** Somebody calls. */
  meet(socket: Plug): void {
    const talk = new Talk(this, socket);
    this.talks.push(talk);
    if (this.conduct.onConnect?.(talk) === true) {
      socket.resume();
      return;
    }
    const decoder = new FrameDecoder((message) => talk.hear(message), { pieceCount: this.content.geometry.pieceCount });
    let greeting = 0;
    socket.on('data', (chunk: Uint8Array) => {
      if (greeting === 0 && beginsHandshake(chunk) === false) {
        // An encrypted handshake, which it does not know: a plain one follows, on another connection.
        this.talks.splice(this.talks.indexOf(talk), 1);
        socket.destroy();
        return;
      }
      const missing = HANDSHAKE_LENGTH - greeting;
      greeting += Math.min(missing, chunk.length);
      if (greeting < HANDSHAKE_LENGTH) return;
      if (missing > 0) {
        talk.handshake();
        if (this.conduct.onHandshake?.(talk) !== true) talk.sayWhatThereIs();
      }
      decoder.push(chunk.subarray(missing));
    });
  }
}
