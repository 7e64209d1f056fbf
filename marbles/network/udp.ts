import { Observable, Subject, of, throwError, timer } from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import type { Datagram, UdpEndpoint, UdpOptions, UdpSocket, Undelivered } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { addressKey, addressText } from '../../src/protocol/encoding/address.ts';
import { parseIp } from '../../src/protocol/encoding/ip.ts';
import type { Ledger } from '../ledger.ts';
import { seeded } from '../random.ts';
import type { DrawnHost } from './host.ts';

export interface UdpNetworkOptions {
  /** Milliseconds on the way; a function makes it depend on the two addresses. 10 if absent. */
  readonly latency?: number | ((from: UdpEndpoint, to: UdpEndpoint) => number);
  /** The fraction of all datagrams that is lost, 0 to 1. */
  readonly loss?: number;
  /** What names resolve to. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** The seed of the losses. */
  readonly seed?: number;
  /** The system's immediate error for a datagram to this address, if it can't be sent. */
  readonly refuses?: (to: UdpEndpoint) => string | undefined;
  /** The machine at an address: its delay, losses and state then replace `latency`. */
  readonly hosts?: (address: string) => DrawnHost | undefined;
  /** Sees each datagram when it is sent, lost or not. */
  readonly watch?: (datagram: Datagram, to: UdpEndpoint) => void;
}

/** A program that answers at an address: with no datagram, or with some, which go back to the sender of `datagram`. */
export type UdpPlayer = (datagram: Datagram, nth: number) => Uint8Array | readonly Uint8Array[] | undefined;

interface Bound {
  readonly family: 4 | 6;
  readonly group: string | undefined;
  readonly receive: (datagram: Datagram) => void;
}

/** Datagrams to or from a machine that is frozen or gone are lost. */
const isUp = (host: DrawnHost | undefined): boolean => host === undefined || host.state === 'up';

const FIRST_FREE_PORT = 49_152;
/** Bytes of a datagram's headers. */
const HEADERS = 28;

const familyOf = (host: string): 4 | 6 => (host.includes(':') ? 6 : 4);

/**
 * A network for datagrams with any number of machines, each at addresses of its own. Time is that of RxJS: virtual in a
 * drawing. Datagrams take `latency` and may be lost; the same ones in every run. Sockets that listen for a multicast
 * group get what is sent to the group and their port, as does the sender.
 */
export class DrawnUdp {
  /** Datagrams handed over by senders so far. */
  sent = 0;
  readonly #bound = new Map<string, Bound[]>();
  readonly #options: UdpNetworkOptions;
  readonly #ledger: Ledger | undefined;
  readonly #random: () => number;
  #port = FIRST_FREE_PORT;

  constructor(options: UdpNetworkOptions = {}, ledger?: Ledger) {
    this.#options = options;
    this.#ledger = ledger;
    this.#random = seeded(options.seed ?? 1);
  }

  /** The sockets open now. */
  get sockets(): number {
    let count = 0;
    for (const bound of this.#bound.values()) count += bound.length;
    return count;
  }

  /**
   * The network as a machine at these addresses sees it: one address for each family, none for a family that it lacks.
   */
  at(...hosts: readonly string[]): Pick<Env, 'bindUdp' | 'resolve'> {
    return {
      bindUdp: (options) => {
        const host = hosts.find((each) => familyOf(each) === options.family);
        if (host === undefined)
          return throwError(() => new NetworkError('no-address', 'UDP', `no IPv${options.family} address`));
        return this.#bind(host, options);
      },
      resolve: (name) => of(parseIp(name) === undefined ? (this.#options.names?.[name] ?? []) : [name]),
    };
  }

  /** Puts a program at an address for as long as the network lasts. */
  plays(at: UdpEndpoint, player: UdpPlayer): void {
    let count = 0;
    const receive = (datagram: Datagram): void => {
      const said = player(datagram, ++count);
      for (const bytes of said instanceof Uint8Array ? [said] : (said ?? [])) this.#send(at, bytes, datagram.from);
    };
    this.#listen(addressKey(at), { family: familyOf(at.host), group: undefined, receive });
  }

  #bind(host: string, { port: wanted = 0, family, multicast }: UdpOptions): Observable<UdpSocket> {
    return new Observable((subscriber) => {
      const port = this.#portOf(host, wanted, multicast !== undefined);
      const datagrams$ = new Subject<Datagram>();
      const close = this.#ledger?.open(`the UDP socket at ${addressText({ host, port })}`);
      const undelivered$ = new Subject<Undelivered>();
      // Even a socket that is connected to one address gets datagrams from others, so a drawing shows whether they are
      // believed.
      const leave = this.#listen(addressKey({ host, port }), {
        family,
        group: multicast,
        receive: (datagram) => datagrams$.next(datagram),
      });
      subscriber.add(() => {
        leave();
        close?.();
        datagrams$.complete();
        undelivered$.complete();
      });
      const send: UdpSocket['send'] = (bytes, to) => {
        if (subscriber.closed || to.port <= 0 || to.port >= 65_536 || familyOf(to.host) !== family) return;
        const why = this.#options.refuses?.(to);
        if (why === undefined) this.#send({ host, port }, bytes, to);
        else undelivered$.next({ to, why });
      };
      subscriber.next({ port, datagrams$: datagrams$.asObservable(), undelivered$: undelivered$.asObservable(), send });
    });
  }

  #portOf(host: string, wanted: number, shared: boolean): number {
    if (wanted !== 0 && (shared || !this.#bound.has(addressKey({ host, port: wanted })))) return wanted;
    while (this.#bound.has(addressKey({ host, port: this.#port }))) this.#port++;
    return this.#port++;
  }

  #listen(name: string, bound: Bound): () => void {
    this.#bound.set(name, [...(this.#bound.get(name) ?? []), bound]);
    return () => {
      const left = (this.#bound.get(name) ?? []).filter((each) => each !== bound);
      if (left.length > 0) this.#bound.set(name, left);
      else this.#bound.delete(name);
    };
  }

  #send(from: UdpEndpoint, bytes: Uint8Array, to: UdpEndpoint): void {
    const { latency = 10, loss = 0, watch, hosts } = this.#options;
    this.sent++;
    watch?.({ bytes, from }, to);
    const [here, there] = [hosts?.(from.host), hosts?.(to.host)];
    const kept = (1 - loss) * (1 - (here?.options.loss ?? 0)) * (1 - (there?.options.loss ?? 0));
    if ((kept < 1 && this.#random() >= kept) || !isUp(here)) return;
    const way = typeof latency === 'number' ? latency : latency(from, to);
    const seen = here?.nat === undefined ? from : { host: from.host, port: here.nat.leaves(from.port, to, here.now()) };
    const { duplicates = 0, jitter = 0 } = here?.options ?? {};
    const copies = duplicates > 0 && this.#random() < duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const wait = here === undefined || there === undefined ? way : this.#wait(here, there, bytes.length);
      const late = this.#upTo(jitter + (there?.options.jitter ?? 0));
      const arrives = (): unknown => isUp(there) && this.#arrives(seen, bytes, to);
      const leaves = (): unknown => timer((wait ?? 0) + late).subscribe(arrives);
      if (wait === undefined) continue;
      if (here === undefined) leaves();
      else here.outside(leaves);
    }
  }

  #arrives(from: UdpEndpoint, bytes: Uint8Array, to: UdpEndpoint): void {
    const there = this.#options.hosts?.(to.host);
    const port = there?.nat === undefined ? to.port : there.nat.comes(to.port, from, there.now());
    const deliver = (): void => {
      if (port !== undefined) this.#deliver(from, bytes, { host: to.host, port });
    };
    if (there === undefined) deliver();
    else there.enters(deliver);
  }

  /** Milliseconds on the way, with the lines at both ends; undefined if a queue before one of them is full. */
  #wait(here: DrawnHost, there: DrawnHost, payload: number): number | undefined {
    const left = here.goesOut(payload + HEADERS);
    const delay = here.delay + there.delay;
    if (left === undefined || there.behind(delay + left) > there.queue) return undefined;
    return there.options.down === undefined ? Math.floor(left) + delay : there.comesIn(payload + HEADERS, delay + left);
  }

  /** Whole milliseconds by chance. */
  #upTo(most: number): number {
    return most > 0 ? Math.floor(this.#random() * (most + 1)) : 0;
  }

  #deliver(from: UdpEndpoint, bytes: Uint8Array, to: UdpEndpoint): void {
    const listeners = this.#bound.get(addressKey(to)) ?? this.#members(to);
    for (const { receive } of listeners) {
      // As a socket delivers it: a `Buffer`, whose own `slice` does not copy.
      const lent = Buffer.from(bytes);
      receive({ bytes: lent, from });
      // Overwritten, so that bytes kept without a copy show up.
      lent.fill(0xdd);
    }
  }

  #members(to: UdpEndpoint): readonly Bound[] {
    const ip = parseIp(to.host);
    if (!ip || !(ip.length === 4 ? (ip[0] ?? 0) >= 224 : ip[0] === 0xff)) return [];
    return [...this.#bound]
      .filter(([name]) => name.endsWith(addressKey({ host: '', port: to.port })))
      .flatMap(([, bound]) => bound.filter(({ group }) => group === to.host));
  }
}
