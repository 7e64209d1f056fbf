import type { Socket } from 'node:net';
import { map, mergeMap, type Observable, of, tap, throwError } from 'rxjs';
import { NetworkError } from '../../contracts/errors.ts';
import type { PeerAddress, Wire } from '../../contracts/network.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { isFarHost } from '../../protocol/encoding/reach.ts';
import type { ProxyMachine } from '../../protocol/proxy/proxyMachine.ts';
import { proxyMachine } from '../../protocol/proxy/proxyMachines.ts';
import { type ProxyServer, shownProxy } from '../../protocol/proxy/proxyServer.ts';
import type { Below } from '../below.ts';
import type { LookUp } from '../names/lookUpType.ts';
import { NameError } from '../names/nameError.ts';
import { raced } from '../raced.ts';
import { proxiedSocket } from './proxiedSocket.ts';
import { type Association, proxiedUdp } from './proxiedUdp.ts';
import { proxiedWire } from './proxiedWire.ts';
import type { ProxyNote } from './proxyNote.ts';
import { StandIns } from './standIns.ts';

export interface ThroughProxyOptions {
  readonly server: ProxyServer;
  /** Peers may call us, past the proxy. */
  readonly listens: boolean;
  readonly note?: ((note: ProxyNote) => void) | undefined;
}

/** Names that mean this machine, here and at the proxy alike. */
const isHere = (name: string): boolean => /(^|\.)localhost\.?$/i.test(name);

/** Nobody here is asked for a name: an address stands for it until it comes to the proxy. */
const unasked =
  (standIns: StandIns): LookUp =>
  (host) => {
    if (isHere(host)) return of(['127.0.0.1']);
    const address = standIns.of(host);
    // The proxy's own neighbours are not for strangers to name.
    return address === host || isFarHost(host) ? of([address]) : throwError(() => new NameError('ENOTFOUND', host));
  };

const unrelayed = (why: string): Observable<never> =>
  throwError(() => new NetworkError('no-address', 'UDP', why, { lasting: true }));

/** A proxy as the code that uses it knows it: what is asked of it, and by which ways it is reached. */
class Proxy {
  readonly standIns = new StandIns();
  readonly #below: Below;
  readonly #server: ProxyServer;
  readonly #address: PeerAddress;
  readonly #note: (note: ProxyNote) => void;

  constructor(below: Below, { server, note = () => undefined }: ThroughProxyOptions) {
    this.#below = below;
    this.#server = server;
    this.#address = { host: server.host, port: server.port, source: 'manual' };
    this.#note = note;
  }

  wire(address: PeerAddress): Observable<Wire> {
    const wires$ = this.#below.connect(this.#address);
    return this.#told(addressText(address), proxiedWire(wires$, address, this.#wish(address.host, address.port)));
  }

  socket(host: string, port: number): Observable<Socket> {
    const to = { host: this.standIns.meant(host), port };
    const sockets$ = this.#each((address) => this.#below.open(address, this.#server.port));
    return this.#told(addressText(to), proxiedSocket(sockets$, to, this.#wish(host, port)));
  }

  /** Asks it to relay datagrams. */
  associate(): Observable<Association> {
    const one = (host: string): Observable<Association> => {
      const machine = proxyMachine(this.#server, { what: 'udp', host: '0.0.0.0', port: 0 });
      const address = { ...this.#address, host };
      const wires$ = proxiedWire(this.#below.connect(address), address, () => machine);
      return wires$.pipe(map(() => ({ machine, proxy: host })));
    };
    return this.#told('UDP', this.#each(one));
  }

  #wish(host: string, port: number): () => ProxyMachine {
    return () => proxyMachine(this.#server, { what: 'connect', host: this.standIns.meant(host), port });
  }

  /** At the first of its own addresses that answers. */
  #each<T>(ask: (host: string) => Observable<T>): Observable<T> {
    return this.#below.look(this.#server.host).pipe(mergeMap((hosts) => raced(hosts, ask)));
  }

  #told<T>(to: string, done$: Observable<T>): Observable<T> {
    const failed = (error: unknown): void => {
      if (error instanceof NetworkError) this.#note({ to, what: error.why });
    };
    return done$.pipe(tap({ next: () => this.#note({ to, what: `by ${shownProxy(this.#server)}` }), error: failed }));
  }
}

/**
 * By way of a proxy alone: peers, trackers and web servers are reached through it, names are looked up by it, and
 * datagrams are relayed by it, if it is SOCKS5 and does that. Nothing is done in another way, not even when the proxy
 * is gone: then all fails. Nothing is said to the local network, and nobody can call us unless that is asked for.
 */
export const throughProxy = (below: Below, options: ThroughProxyOptions): Below => {
  const { listens, server } = options;
  const proxy = new Proxy(below, options);
  const { standIns } = proxy;
  const udp = proxiedUdp({ bindUdp: below.bindUdp, associate: () => proxy.associate(), standIns });
  return {
    isStandIn: standIns.has,
    passesOn: true,
    look: unasked(standIns),
    connect: (address) => proxy.wire(address),
    open: (host, port) => proxy.socket(host, port),
    listen: (listenOptions) =>
      listens
        ? below.listen(listenOptions)
        : throwError(() => new NetworkError('no-address', 'TCP', 'peers can not call us through a proxy')),
    bindUdp: (udpOptions) => {
      if (udpOptions.multicast !== undefined) return unrelayed('with a proxy nothing is said to the local network');
      return server.kind === 'socks5' ? udp(udpOptions) : unrelayed(`a ${server.kind} proxy does not relay it`);
    },
  };
};
