import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Observable } from 'rxjs';
import { FrameDecoder } from '../../protocol/peer/frames.ts';
import { decodeHandshake, encodeHandshake, HANDSHAKE_LENGTH } from '../../protocol/peer/handshake.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { encodeMessages, type Message } from '../../protocol/peer/messages.ts';
import { Bitfield } from '../../torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

/** Milliseconds between two portions of what is allowed. */
const TICK = 20;
/** Requests of one peer that are queued; any more are an offence. */
const MAX_ASKED = 500;
const MAX_CONNECTIONS = 50;

interface Asked {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

export interface SeedOptions {
  readonly torrent: Torrent;
  /** All files after one another. */
  readonly bytes: Uint8Array;
  readonly peerId: Uint8Array;
  /** Bytes a second, to all peers together. */
  readonly rate: number;
}

const everyPiece = (count: number): Uint8Array => {
  const field = new Bitfield(count);
  for (let index = 0; index < count; index++) field.set(index);
  return field.bytes;
};

/** One peer that downloads from the seed. A request for anything but a block, or one too many, is an offence. */
class Leecher {
  readonly #socket: Socket;
  readonly #options: SeedOptions;
  readonly #geometry: Geometry;
  readonly #frames: FrameDecoder;
  /** At most {@link MAX_ASKED} blocks. */
  #asked: Asked[] = [];
  /** The bytes of the handshake so far; undefined once it is complete. */
  #opening: Buffer | undefined = Buffer.alloc(0);

  constructor(socket: Socket, options: SeedOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#geometry = new Geometry(options.torrent);
    this.#frames = new FrameDecoder((message) => this.#hear(message), { pieceCount: this.#geometry.pieceCount });
  }

  /** @throws Malformed */
  push(chunk: Buffer): void {
    if (this.#opening === undefined) return this.#frames.push(chunk);
    this.#opening = Buffer.concat([this.#opening, chunk]);
    if (this.#opening.length < HANDSHAKE_LENGTH) return undefined;
    const all = this.#opening;
    this.#opening = undefined;
    this.#greet(decodeHandshake(all.subarray(0, HANDSHAKE_LENGTH)).infoHash);
    return this.#frames.push(all.subarray(HANDSHAKE_LENGTH));
  }

  /** Sends requested blocks, at most `budget` bytes unless it is the first block; returns the number of bytes. */
  serve(budget: number): number {
    let sent = 0;
    while (sent < budget && !this.#socket.writableNeedDrain) {
      const next = this.#asked.shift();
      if (next === undefined) break;
      const from = this.#geometry.pieceOffset(next.piece) + next.begin;
      const bytes = this.#options.bytes.subarray(from, from + next.length);
      this.#socket.write(encodeMessages([{ type: 'piece', piece: next.piece, begin: next.begin, bytes }]));
      sent += next.length;
    }
    return sent;
  }

  #greet(infoHash: Uint8Array): void {
    const { torrent, peerId } = this.#options;
    if (Buffer.compare(infoHash, torrent.infoHash) !== 0)
      throw new Malformed('handshake', 'the info-hash of the demo', 'another');
    this.#socket.write(encodeHandshake({ infoHash: torrent.infoHash, peerId }));
    this.#socket.write(encodeMessages([{ type: 'bitfield', bytes: everyPiece(this.#geometry.pieceCount) }]));
  }

  #hear(message: Message): void {
    if (message.type === 'interested') this.#socket.write(encodeMessages([{ type: 'unchoke' }]));
    else if (message.type === 'request') this.#ask(message);
    else if (message.type === 'cancel') {
      this.#asked = this.#asked.filter(({ piece, begin }) => piece !== message.piece || begin !== message.begin);
    }
  }

  #ask({ piece, begin, length }: Asked): void {
    const right =
      piece < this.#geometry.pieceCount &&
      length > 0 &&
      length <= BLOCK &&
      begin + length <= this.#geometry.pieceSize(piece);
    if (!right || this.#asked.length >= MAX_ASKED)
      throw new Malformed('request', 'a block of the piece', `${piece} ${begin} ${length}`);
    this.#asked.push({ piece, begin, length });
  }
}

/**
 * A seed on 127.0.0.1, at a free port, for as long as it is subscribed to; emits the port. It has all pieces, unchokes
 * every peer and answers requests (BEP 3), no faster than `rate`.
 */
export const seed = (options: SeedOptions): Observable<number> =>
  new Observable((subscriber) => {
    const leechers = new Map<Socket, Leecher>();
    const server = createServer((socket) => {
      const leecher = new Leecher(socket, options);
      leechers.set(socket, leecher);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => leechers.delete(socket));
      socket.on('data', (chunk) => {
        try {
          leecher.push(chunk);
        } catch {
          socket.destroy();
        }
      });
    });
    server.maxConnections = MAX_CONNECTIONS;
    let saved = 0;
    const clock = setInterval(() => {
      // Debt is carried over and unused budget is not, so the rate is never exceeded later.
      saved = Math.min(saved, 0) + (options.rate * TICK) / 1000;
      for (const leecher of leechers.values()) saved -= leecher.serve(saved);
    }, TICK);
    server.on('error', (error) => subscriber.error(error));
    server.listen(0, '127.0.0.1', () => subscriber.next((server.address() as AddressInfo).port));
    return () => {
      clearInterval(clock);
      server.close();
      for (const socket of leechers.keys()) socket.destroy();
    };
  });
