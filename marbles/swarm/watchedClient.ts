import { finalize, map, type Observable, tap } from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import type { Storage } from '../../src/contracts/storage.ts';
import type { Geometry } from '../../src/torrent/geometry.ts';
import { HeldPieces } from './heldPieces.ts';
import { WatchedWire, type Watcher } from './watchedWire.ts';

/** Something that a client of ours must not do. */
export interface Offence {
  /** Milliseconds since the beginning, and the address of the host. */
  readonly at: number;
  readonly host: string;
  /** What it should do, and what it did. */
  readonly rule: string;
  readonly text: string;
}

/** Peers that one block is asked of at one time, at most. */
const COPIES = 3;
/** Milliseconds until what has arrived from somebody else is to be cancelled. */
const CANCELS_WITHIN = 1_000;
/** Milliseconds after which a request may have been given up without a word; then more others may be asked. */
const WAITED_FOR = 1_500;
/** Offences of a client that are told. */
const MOST_TOLD = 10;

/**
 * What a client of ours does with all its peers together. Depends on the words on its wires.
 */
export class WatchedClient implements Watcher {
  readonly geometry: Geometry;
  readonly now: () => number;
  readonly offences: Offence[] = [];
  /** Payload of blocks that had been there already, and were right. */
  twice = 0;
  /** The longest time that a peer waited to be unchoked, in milliseconds. */
  longestWait = 0;
  readonly #address: string;
  readonly #held: HeldPieces;
  #wires = 0;
  readonly #open = new Map<number, Map<WatchedWire, number>>();
  readonly #got = new Set<number>();
  /** Pieces that were corrupt: each is asked of one peer, and what others still send is not believed. */
  readonly #suspect = new Set<number>();
  /** Requests that should be cancelled, and since when. */
  readonly #overdue = new Map<string, { readonly block: number; readonly wire: WatchedWire; readonly since: number }>();

  constructor(address: string, geometry: Geometry, now: () => number) {
    this.#address = address;
    this.geometry = geometry;
    this.#held = new HeldPieces(geometry);
    this.now = now;
  }

  /** A world with everything that passes through it watched. */
  watches(env: Env): Env {
    return {
      ...env,
      connect: (address) => env.connect(address).pipe(this.#through(address)),
      listen: (options) =>
        env
          .listen(options)
          .pipe(
            map((listening) => ({ ...listening, calls$: listening.calls$.pipe(map((call) => this.#called(call))) })),
          ),
      openStorage: (torrent, target) => env.openStorage(torrent, target).pipe(map((storage) => this.#noting(storage))),
    };
  }

  /** Bytes of pieces that it had in memory at one time, at least, before they were on disk. */
  get drafts(): number {
    return this.#held.most;
  }

  #noting(storage: Storage): Storage {
    const write = (offset: number, bytes: Uint8Array): Observable<number> => {
      const { length } = bytes;
      return storage.write(offset, bytes).pipe(tap(() => this.#held.stored(offset, length, this.now())));
    };
    return { ...storage, write };
  }

  #called(call: PeerAddress): PeerAddress {
    return call.wire$ === undefined ? call : { ...call, wire$: call.wire$.pipe(this.#through(call)) };
  }

  #through({ host }: PeerAddress) {
    return (wire$: Observable<Wire>): Observable<Wire> =>
      wire$.pipe(
        map((wire): Wire => {
          const watched = new WatchedWire(this, host, this.#wires++);
          const over = (): void => watched.over();
          return {
            ...wire,
            bytes$: wire.bytes$.pipe(
              tap((bytes) => watched.hears(bytes)),
              finalize(over),
            ),
            write: (bytes) => {
              watched.says(bytes);
              return wire.write(bytes);
            },
          };
        }),
      );
  }

  offends(rule: string, text: string): void {
    if (this.offences.length < MOST_TOLD) this.offences.push({ at: this.now(), host: this.#address, rule, text });
  }

  opened(block: number, wire: WatchedWire): void {
    const wires = this.#open.get(block) ?? new Map<WatchedWire, number>();
    // Asked for again of the same peer it is as old as it was.
    this.#open.set(block, wires.set(wire, wires.get(wire) ?? this.now()));
    const copies = this.#waitedFor(block).length;
    if (copies > COPIES + (wires.size - copies))
      this.offends('asks three at the most', `for block ${block}: ${copies}`);
  }

  closed(block: number, wire: WatchedWire): void {
    const wires = this.#open.get(block);
    wires?.delete(wire);
    if (wires?.size === 0) this.#open.delete(block);
    this.#overdue.delete(keyOf(block, wire));
  }

  got(block: number, size: number, isRight: boolean): void {
    this.look();
    if (!isRight) return;
    this.#held.came(block, this.now());
    if (this.#got.has(block)) this.twice += size;
    this.#got.add(block);
    if (this.#suspect.has(Math.floor(block / this.geometry.blocksPerPiece))) return;
    for (const wire of this.#waitedFor(block)) this.#expectCancel(block, wire);
  }

  /** The peers of whom a block was asked a short time ago. */
  #waitedFor(block: number): readonly WatchedWire[] {
    const all = [...(this.#open.get(block) ?? [])];
    return all.filter(([wire, since]) => this.now() - since < WAITED_FOR && !wire.isOverdue).map(([wire]) => wire);
  }

  waited(milliseconds: number): void {
    this.longestWait = Math.max(this.longestWait, milliseconds);
  }

  /** The program has ended: what was not on disk is lost. */
  forgets(): void {
    this.#got.clear();
    this.#held.forgets();
    this.#overdue.clear();
  }

  /** A piece was not right. */
  forgetsPiece(piece: number): void {
    this.#suspect.add(piece);
    const { blocksPerPiece } = this.geometry;
    for (let block = 0; block < blocksPerPiece; block++) this.#got.delete(piece * blocksPerPiece + block);
    this.#overdue.clear();
  }

  /** Are there requests that should have been cancelled? */
  look(): void {
    for (const [key, { block, wire, since }] of this.#overdue) {
      if (this.now() - since <= CANCELS_WITHIN) continue;
      this.#overdue.delete(key);
      this.offends('cancels what has come from elsewhere', `block ${block}, asked of ${wire.there}`);
    }
  }

  #expectCancel(block: number, wire: WatchedWire): void {
    const key = keyOf(block, wire);
    if (!this.#overdue.has(key)) this.#overdue.set(key, { block, wire, since: this.now() });
  }
}

const keyOf = (block: number, wire: WatchedWire): string => `${block} ${wire.id}`;
