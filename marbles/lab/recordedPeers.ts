import type { Deed, Occurrence, Opened, Recording } from '../../src/recording/parse.ts';
import { Listener, type Word } from '../../src/recording/words.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';

/** A block that has come: when, in milliseconds, and its bytes. */
export interface Came {
  readonly at: number;
  readonly bytes: number;
}

/** One peer of a recording, whatever its connections. */
export interface RecordedPeer {
  readonly host: string;
  /** Milliseconds from dialling to the first connection; undefined if it called us. */
  dialled?: number;
  /** When it was first connected, and when its last connection ended, unless it was we who left. */
  joined?: number;
  left?: number;
  /** Pieces that it said it had when it introduced itself. */
  readonly has: Set<number>;
  hasAll: boolean;
  readonly came: Came[];
}

/** What a recording says of the torrent and its peers. */
export interface RecordedSwarm {
  readonly peers: readonly RecordedPeer[];
  readonly pieces: number;
  readonly blocksPerPiece: number;
  /** Milliseconds. */
  readonly length: number;
}

/** Reads who was there. Depends on all turns so far. */
class Reader {
  readonly peers = new Map<string, RecordedPeer>();
  pieces = 0;
  blocks = 1;
  time = 0;
  readonly #wires = new Map<number, { readonly peer: RecordedPeer; readonly began: number; dialled: boolean }>();
  readonly #bytes = new Map<number, Listener>();

  happens(what: Occurrence): void {
    if (what.kind === 'next' && what.channel === 'bytes') {
      const { kept, length } = what.value as { readonly kept: Uint8Array; readonly length: number };
      this.#bytes.get(what.id)?.push(kept, length);
      return;
    }
    const wire = this.#wires.get(what.id);
    if (wire === undefined) return;
    const { peer, began, dialled } = wire;
    if (what.kind !== 'next') peer.left = this.time;
    else {
      if (dialled) peer.dialled ??= this.time - began;
      peer.joined ??= this.time;
      delete peer.left;
    }
  }

  does(deed: Deed): void {
    if (deed.kind === 'atOnce') this.happens(deed.what);
    else if (deed.kind === 'open') this.#opens(deed);
    else if (deed.kind === 'close') this.#wires.delete(deed.id);
  }

  #opens({ id, channel, of, subject }: Opened): void {
    if (channel === 'connect' || channel === 'wire') {
      const address = subject.split(' ', 1)[0] ?? '';
      const host = address.slice(0, address.lastIndexOf(':'));
      const peer = this.peers.get(host) ?? { host, has: new Set(), hasAll: false, came: [] };
      this.peers.set(host, peer);
      this.#wires.set(id, { peer, began: this.time, dialled: channel === 'connect' });
    } else if (channel === 'bytes') {
      const peer = this.#wires.get(of)?.peer;
      if (peer !== undefined) this.#bytes.set(id, new Listener((word) => this.#hears(peer, word)));
    }
  }

  #hears(peer: RecordedPeer, word: Word): void {
    if (word.type === 'haveAll') peer.hasAll = true;
    else if (word.type === 'have') this.pieces = Math.max(this.pieces, word.piece + 1);
    else if (word.type === 'bitfield') {
      for (let piece = 0; piece < word.bytes.length * 8; piece++)
        if (((word.bytes[piece >> 3] ?? 0) >> (7 - (piece & 7))) & 1) {
          peer.has.add(piece);
          this.pieces = Math.max(this.pieces, piece + 1);
        }
    } else if (word.type === 'piece') {
      this.pieces = Math.max(this.pieces, word.piece + 1);
      this.blocks = Math.max(this.blocks, word.begin / BLOCK + 1);
      peer.came.push({ at: this.time, bytes: word.bytes.length });
    }
  }
}

/** The peers of a recording, and what is known of each. @throws Malformed */
export const recordedSwarm = (recording: Recording): RecordedSwarm => {
  const reader = new Reader();
  for (const { time, cause, deeds } of recording.turns()) {
    reader.time = time;
    if (cause.kind === 'next' || cause.kind === 'error' || cause.kind === 'complete') reader.happens(cause);
    for (const deed of deeds) reader.does(deed);
  }
  return {
    peers: [...reader.peers.values()],
    pieces: reader.pieces,
    blocksPerPiece: reader.blocks,
    length: reader.time,
  };
};
