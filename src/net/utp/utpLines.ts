import { Observable, type Subscription } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import { NetworkError } from '../../contracts/errors.ts';
import type { Datagram, PeerAddress, UdpEndpoint, UdpSocket, Undelivered, Wire } from '../../contracts/network.ts';
import { addressKey, addressText } from '../../protocol/encoding/address.ts';
import type { UtpOptions } from '../../protocol/utp/utpConnection.ts';
import { moved } from '../../protocol/utp/sequence.ts';
import { RESET, resetOf, SYN, UtpPacket } from '../../protocol/utp/utpPacket.ts';
import { HostLimiter } from '../../torrent/rates/hostLimiter.ts';
import { ChunkBuffers } from './gathered.ts';
import { Listeners } from './listeners.ts';
import { type LineOwner, UtpLine } from './utpLine.ts';
import type { UtpWorld } from './utpNote.ts';

/** Connections on one socket. */
export const MAX_LINES = 2_000;
/** Callers that have not shown that they hear us: the oldest makes room for the next, as its address may be forged. */
export const MAX_HALF_OPEN = 100;
/** The same of one host. */
export const MAX_HALF_OPEN_PER_HOST = 20;
/** Milliseconds after our call within which the other one's is the same attempt; such peers remembered. */
export const PUNCHED_FOR = 30_000;
export const MAX_PUNCHED = 100;
/** Resets that are sent to hosts that speak of a connection that does not exist. */
const RESETS = {
  host: { rate: 2, burst: 5 },
  nearby: { rate: 20, burst: 50 },
  all: { rate: 50, burst: 100 },
  remembered: 1_000,
} as const;

/**
 * All uTP connections on one socket. Depends on which peers called and were called, and which lines are open.
 * Invariant: no more lines, and no more callers that may have forged their address, than the limits say. A datagram
 * that is answered is answered with one that is no larger, until its sender has shown that it hears us.
 */
export class UtpLines implements LineOwner {
  readonly buffers = new ChunkBuffers();
  readonly #socket: UdpSocket;
  readonly family: 4 | 6;
  readonly #world: UtpWorld;
  readonly #lines = new Map<number, UtpLine[]>();
  readonly #halfOpen = new Set<UtpLine>();
  /** Peers that were to call us while we called them, and when we did. */
  readonly #punched = new Map<string, number>();
  readonly #calls = new Listeners<PeerAddress>();
  readonly #resets = new HostLimiter(RESETS);
  readonly #packet = new UtpPacket();
  #stirred: UtpLine[] = [];
  #count = 0;
  #idle: (() => void) | undefined;

  constructor(socket: UdpSocket, family: 4 | 6, world: UtpWorld) {
    this.#socket = socket;
    this.family = family;
    this.#world = world;
  }

  get port(): number {
    return this.#socket.port;
  }

  get size(): number {
    return this.#count;
  }

  /** Hot: the callers. A caller that nobody takes while it is emitted is hung up on. */
  get calls$(): Observable<PeerAddress> {
    return this.#calls.heard$;
  }

  /** Begins to listen to the socket. */
  open(): Subscription {
    const life = this.#socket.datagrams$.subscribe((datagram) => this.#hear(datagram));
    life.add(this.#socket.undelivered$.subscribe((failure) => this.#undelivered(failure)));
    return life;
  }

  /** Calls `then` when there is no line any more; at once if there is none now. */
  whenIdle(then: () => void): void {
    if (this.#count === 0) then();
    else this.#idle = then;
  }

  /**
   * Calls a peer: emits the wire when it answers, and completes when it hangs up. Errors with a `NetworkError`:
   * `refused`, `timeout`, `unreachable`, `reset`, `no-room`.
   */
  dial(address: PeerAddress): Observable<Wire> {
    return new Observable((subscriber) => {
      if (this.#count >= MAX_LINES)
        return subscriber.error(new NetworkError('no-room', addressText(address), 'too many connections'));
      const id = this.#freeId(address);
      this.#note('>', address, 'is called by uTP');
      const line = new UtpLine(this, address, { ...this.#shared, id, sequence: this.#random() });
      this.#add(line);
      if (line.isPunched) this.#punches(address);
      line.attach(subscriber);
    });
  }

  send(datagram: Uint8Array, to: UdpEndpoint): void {
    this.#socket.send(datagram, to);
  }

  stirred(line: UtpLine): void {
    if (this.#stirred.push(line) === 1) this.#world.turn(this.#flush);
  }

  opened(line: UtpLine): void {
    this.#note('·', line.to, 'is connected by uTP');
    if (!this.#halfOpen.delete(line)) return;
    const wire$ = new Observable<Wire>((subscriber) => line.attach(subscriber));
    this.#calls.next({ ...line.to, source: 'incoming', wire$ });
    if (!line.isTaken) line.hangUp();
  }

  closed(line: UtpLine): void {
    const { id } = line.connection;
    const left = (this.#lines.get(id) ?? []).filter((other) => other !== line);
    if (left.length > 0) this.#lines.set(id, left);
    else this.#lines.delete(id);
    this.#count--;
    this.#halfOpen.delete(line);
    this.#note('·', line.to, 'is no longer connected by uTP');
    if (this.#count === 0) this.#idle?.();
  }

  readonly #flush = (): void => {
    const lines = this.#stirred;
    this.#stirred = [];
    for (const line of lines) line.flush();
  };

  #add(line: UtpLine): void {
    const { id } = line.connection;
    this.#lines.set(id, [...(this.#lines.get(id) ?? []), line]);
    this.#count++;
  }

  #hear({ bytes, from }: Datagram): void {
    const packet = this.#packet;
    if (!packet.read(bytes)) return;
    const line =
      packet.type === SYN
        ? this.#find(moved(packet.id, 1), from)
        : (this.#find(packet.id, from) ?? (packet.type === RESET ? this.#named(packet.id, from) : undefined));
    if (line !== undefined) return line.hear(packet);
    if (packet.type === SYN) this.#called(packet, from);
    else if (packet.type !== RESET) this.#unknown(packet, from);
  }

  #find(id: number, { host, port }: UdpEndpoint): UtpLine | undefined {
    const lines = this.#lines.get(id);
    if (lines === undefined) return undefined;
    for (const line of lines) if (line.to.port === port && line.to.host === host) return line;
    return undefined;
  }

  /** A reset may have the id of our own packets. */
  #named(id: number, from: UdpEndpoint): UtpLine | undefined {
    const line = this.#find(moved(id, 1), from) ?? this.#find(moved(id, -1), from);
    return line?.connection.isNamed(id) === true ? line : undefined;
  }

  #called(syn: UtpPacket, from: UdpEndpoint): void {
    if (this.#calls.size === 0 || this.#count >= MAX_LINES) return this.#unknown(syn, from);
    const ofHost = [...this.#halfOpen].filter(({ to }) => to.host === from.host);
    const oldest = ofHost.length >= MAX_HALF_OPEN_PER_HOST ? ofHost[0] : [...this.#halfOpen][0];
    if (ofHost.length >= MAX_HALF_OPEN_PER_HOST || this.#halfOpen.size >= MAX_HALF_OPEN) oldest?.hangUp();
    this.#note('<', from, 'calls us by uTP');
    const punch = now() - (this.#punched.get(addressKey(from)) ?? -Infinity) < PUNCHED_FOR;
    const address: PeerAddress = { host: from.host, port: from.port, source: 'incoming', punch };
    const options = { ...this.#shared, id: moved(syn.id, 1), sequence: this.#random() };
    const line = new UtpLine(this, address, options, syn);
    this.#halfOpen.add(line);
    this.#add(line);
  }

  #punches(to: UdpEndpoint): void {
    this.#punched.delete(addressKey(to));
    this.#punched.set(addressKey(to), now());
    const [oldest] = this.#punched.keys();
    if (this.#punched.size > MAX_PUNCHED && oldest !== undefined) this.#punched.delete(oldest);
  }

  #unknown(packet: UtpPacket, from: UdpEndpoint): void {
    if (this.#resets.admits(from.host, now())) this.#socket.send(resetOf(packet), from);
  }

  #undelivered({ to, why, all }: Undelivered): void {
    for (const lines of this.#lines.values())
      for (const line of lines) if (line.to.port === to.port && line.to.host === to.host) line.undelivered(why, all);
  }

  /** An id that no line with this peer has, in either direction. */
  #freeId(to: UdpEndpoint): number {
    let id = this.#random();
    const isTaken = (): boolean => [-1, 0, 1].some((by) => this.#find(moved(id, by), to) !== undefined);
    for (let tries = 0; tries < MAX_LINES && isTaken(); tries++) id = moved(id, 2);
    return id;
  }

  get #shared(): Pick<UtpOptions, 'family' | 'memory'> {
    return { family: this.family, memory: this.#world.memory };
  }

  #random(): number {
    const [high = 0, low = 0] = this.#world.randomBytes(2);
    return (high << 8) | low;
  }

  #note(direction: '>' | '<' | '·', address: UdpEndpoint, what: string): void {
    this.#world.note?.({ address, direction, what });
  }

  check(): void {
    const lines = [...this.#lines.values()].flat();
    if (lines.length !== this.#count || this.#count > MAX_LINES) throw new RangeError(`${lines.length} lines`);
    if (this.#punched.size > MAX_PUNCHED) throw new RangeError(`${this.#punched.size} were to call us`);
    if (this.#halfOpen.size > MAX_HALF_OPEN) throw new RangeError(`${this.#halfOpen.size} are half open`);
    for (const { connection } of lines) connection.check();
    this.buffers.check();
  }
}
