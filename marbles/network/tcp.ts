import { Observable, Subject, timer } from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { Listening, ListenOptions, PeerAddress, Wire } from '../../src/contracts/network.ts';
import { addressText } from '../../src/protocol/encoding/address.ts';
import type { Ledger } from '../ledger.ts';
import type { Kinds } from '../sparse.ts';
import { CongestionWindow, type Tcp } from './congestion.ts';
import { WireEnd } from './connection.ts';
import type { DrawnHost } from './host.ts';
import { Segments } from './segment.ts';

/** Milliseconds for a connection to be made, as in the real world. */
const CONNECT_WITHIN = 10_000;

/** Is given the calls to a port. */
type Called = (call: PeerAddress) => void;

/**
 * Connections between drawn hosts. Bytes take the delays of both hosts, leave and arrive as fast as their lines allow,
 * and wait in a buffer that can be full. Time is that of RxJS: virtual in a drawing.
 */
export class DrawnTcp {
  readonly #hosts = new Map<string, DrawnHost>();
  readonly #ports = new Map<DrawnHost, Map<number, Called>>();
  readonly #ends = new Map<DrawnHost, Set<WireEnd>>();
  readonly #ledger: Ledger | undefined;
  readonly #random: (() => number) | undefined;
  readonly #tcp: Tcp | undefined;
  readonly #memory: Segments;

  /** Connections have a congestion window, and lose packets, if there is chance. */
  constructor(ledger?: Ledger, random?: () => number, tcp?: Tcp, kinds?: Kinds) {
    this.#memory = new Segments(kinds);
    this.#ledger = ledger;
    this.#random = random;
    this.#tcp = tcp;
  }

  /** Bytes that connections have carried so far. */
  carried = 0;

  /** The connections that are open now. */
  get connections(): number {
    let ends = 0;
    for (const of of this.#ends.values()) ends += of.size;
    return ends / 2;
  }

  /** The connections of a host, and the bytes of one that wait beyond its buffer, at most. */
  loadOf(host: DrawnHost): { readonly wires: number; readonly excess: number } {
    const ends = [...(this.#ends.get(host) ?? [])];
    return { wires: ends.length, excess: ends.reduce((most, end) => Math.max(most, end.excess), 0) };
  }

  /** Adds a host. */
  add(host: DrawnHost): void {
    for (const address of host.addresses) this.#hosts.set(address, host);
    this.#ports.set(host, new Map());
    this.#ends.set(host, new Set());
    host.changes$.subscribe((state) => {
      if (state === 'down' || state === 'gone') this.#crashed(host, state === 'down');
    });
  }

  /** The network as a host sees it. */
  at(host: DrawnHost): Pick<Env, 'connect' | 'listen'> {
    return {
      connect: (address) => this.#connect(host, address),
      listen: (options) => this.#listen(host, options),
    };
  }

  /** Checks all hosts and connections. @throws Error if an invariant of theirs does not hold. */
  check(): void {
    for (const [host, ends] of this.#ends) {
      host.check();
      for (const end of ends) end.check();
    }
  }

  /** Answers the calls at a port for as long as the network lasts, also after the host comes back. */
  answers(host: DrawnHost, port: number, called: (call: PeerAddress) => void): void {
    this.#ports.get(host)?.set(port, called);
  }

  #listen(host: DrawnHost, { ports }: ListenOptions): Observable<Listening> {
    return new Observable((subscriber) => {
      const open = this.#ports.get(host) ?? new Map<number, Called>();
      const wanted = ports.find((each) => !open.has(each));
      if (wanted === undefined)
        return subscriber.error(
          new NetworkError('port-taken', `TCP port ${ports[0]}`, 'another program uses this port'),
        );
      const port = wanted === 0 ? host.nextPort() : wanted;
      const calls$ = new Subject<PeerAddress>();
      open.set(port, (call) => calls$.next(call));
      const close = this.#ledger?.open(`TCP port ${port} of ${host.address}`);
      subscriber.add(() => {
        open.delete(port);
        close?.();
        calls$.complete();
      });
      subscriber.next({ port, calls$: calls$.asObservable() });
    });
  }

  #connect(host: DrawnHost, address: PeerAddress): Observable<Wire> {
    return new Observable((subscriber) => {
      const name = addressText(address);
      const fail = (code: 'timeout' | 'unreachable' | 'refused' | 'reset', why: string): void =>
        subscriber.error(new NetworkError(code, name, why));
      const other = this.#hosts.get(address.host);
      if (other === undefined || host.state !== 'up') {
        subscriber.add(timer(host.delay).subscribe(() => fail('unreachable', 'no route to this host')));
        return;
      }
      const way = host.delay + other.delay;
      // A router drops what nobody behind it has asked for.
      const leads = other.nat === undefined;
      const late = timer(CONNECT_WITHIN).subscribe(() =>
        fail('timeout', `no connection within ${CONNECT_WITHIN / 1000} s`),
      );
      subscriber.add(late);
      const arrived = (): void => {
        if (subscriber.closed) return;
        const end = this.#called(host, other, address);
        const answered = (): void => {
          late.unsubscribe();
          if (end === undefined) fail('refused', 'connection refused');
          else end.open(subscriber);
        };
        // A caller that gives up meanwhile hangs up.
        subscriber.add(() => end?.hangUp());
        if (other.state === 'up' || other.state === 'down')
          timer(way).subscribe(() => host.receives(() => !subscriber.closed && answered()));
      };
      if (leads) timer(way).subscribe(() => (other.state === 'down' ? arrived() : other.receives(arrived)));
    });
  }

  /** Calls a port; returns the caller's end, if a program answers. */
  #called(host: DrawnHost, other: DrawnHost, address: PeerAddress): WireEnd | undefined {
    const called = other.state === 'up' ? this.#ports.get(other)?.get(address.port) : undefined;
    if (called === undefined) return undefined;
    const from = host.addresses.find((each) => each.includes(':') === address.host.includes(':')) ?? host.address;
    let taken = false;
    const call: PeerAddress = {
      host: from,
      port: host.nextPort(),
      source: 'incoming',
      wire$: new Observable((taker) => {
        if (taken) return taker.error(new NetworkError('reset', addressText(call), 'connected to us, and has left'));
        taken = true;
        theirs.open(taker);
      }),
    };
    const ours = this.#end(host, other, address);
    const theirs = this.#end(other, host, call);
    WireEnd.join(ours, theirs);
    called(call);
    if (taken) return ours;
    // The call is not answered.
    taken = true;
    theirs.hangUp();
    return ours;
  }

  #end(here: DrawnHost, there: DrawnHost, address: PeerAddress): WireEnd {
    const ends = this.#ends.get(here) ?? new Set();
    const close = this.#ledger?.open(`the wire from ${here.address} to ${addressText(address)}`);
    const closed = (): void => {
      ends.delete(end);
      close?.();
    };
    const sent = (size: number): void => void (this.carried += size);
    const end = new WireEnd(here, there, address, {
      closed,
      sent,
      window: this.#windowOf(here, there),
      memory: this.#memory,
    });
    ends.add(end);
    return end;
  }

  #windowOf(here: DrawnHost, there: DrawnHost): CongestionWindow | undefined {
    if (this.#random === undefined) return undefined;
    const kept = (1 - (here.options.loss ?? 0)) * (1 - (there.options.loss ?? 0));
    return new CongestionWindow(2 * (here.delay + there.delay), 1 - kept, this.#random, this.#tcp, () => here.now());
  }

  /** Ends the connections of a host; if `loudly`, the other ends are told when the news has arrived. */
  #crashed(host: DrawnHost, loudly: boolean): void {
    const ends = [...(this.#ends.get(host) ?? [])];
    for (const end of ends) {
      const { other, there } = end;
      end.vanish();
      if (loudly) timer(host.delay + there.delay).subscribe(() => there.receives(() => other?.reset()));
    }
  }
}
