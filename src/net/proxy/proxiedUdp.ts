import {
  defer,
  EMPTY,
  endWith,
  finalize,
  ignoreElements,
  merge,
  type Observable,
  of,
  retry,
  switchMap,
  tap,
  throwError,
  timer,
} from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import { NetworkError } from '../../contracts/errors.ts';
import type { Datagram, UdpEndpoint, UdpSocket, Undelivered } from '../../contracts/network.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import type { ProxyMachine } from '../../protocol/proxy/proxyMachine.ts';
import { decodeSocksDatagram, encodeSocksDatagram, type SocksDatagram } from '../../protocol/proxy/socksDatagram.ts';
import { Hot } from '../hot.ts';
import type { StandIns } from './standIns.ts';

/** Milliseconds until a proxy that has stopped relaying is asked again. */
export const AGAIN = 5_000;
/** Addresses remembered that datagrams went to. */
const MAX_PLAIN = 10_000;
/** Names that may be meant by a datagram from an address that was never sent to. */
const MAX_MEANT = 8;

/** The proxy relays. */
export interface Association {
  readonly machine: Pick<ProxyMachine, 'bound'>;
  /** The proxy's own address. */
  readonly proxy: string;
}

/** What relaying needs of the world below. */
export interface Relaying {
  readonly bindUdp: Env['bindUdp'];
  /** Asks the proxy to relay. Emits once it does, and completes when it does no more. */
  readonly associate: () => Observable<Association>;
  readonly standIns: StandIns;
}

/** One socket to its users; below it one association with the proxy after the other. */
class Relayed {
  readonly #datagrams = new Hot<Datagram>();
  readonly #undelivered = new Hot<Undelivered>();
  readonly #standIns: StandIns;
  /** Stand-ins that were sent to, by port; their answers come from addresses that we do not know. */
  readonly #named = new Map<number, Set<string>>();
  readonly #plain = new Set<string>();
  #below: { readonly socket: UdpSocket; readonly relay: UdpEndpoint } | undefined;

  constructor(standIns: StandIns) {
    this.#standIns = standIns;
  }

  readonly socket: UdpSocket = {
    port: 0,
    datagrams$: this.#datagrams.stream$,
    undelivered$: this.#undelivered.stream$,
    send: (bytes, to) => this.#send(bytes, to),
  };

  /** Goes by this socket below until it ends. */
  by(socket: UdpSocket, relay: UdpEndpoint): Observable<unknown> {
    return defer(() => {
      this.#below = { socket, relay };
      return socket.datagrams$.pipe(tap(({ bytes }) => this.#heard(bytes)));
    }).pipe(finalize(() => (this.#below = undefined)));
  }

  end(): void {
    this.#datagrams.end();
    this.#undelivered.end();
  }

  #send(bytes: Uint8Array, to: UdpEndpoint): void {
    if (this.#below === undefined) return this.#undelivered.next({ to, why: 'the proxy does not relay now' });
    if (this.#standIns.has(to.host)) this.#remember(to);
    else if (this.#plain.size < MAX_PLAIN) this.#plain.add(addressKey(to));
    const { socket, relay } = this.#below;
    socket.send(encodeSocksDatagram(bytes, this.#standIns.meant(to.host), to.port), relay);
  }

  #remember({ host, port }: UdpEndpoint): void {
    const all = this.#named.get(port) ?? new Set<string>();
    all.delete(host);
    all.add(host);
    const [oldest] = all;
    if (all.size > MAX_MEANT && oldest !== undefined) all.delete(oldest);
    if (this.#named.size < MAX_MEANT || this.#named.has(port)) this.#named.set(port, all);
  }

  #heard(framed: Uint8Array): void {
    const datagram = decoded(framed);
    if (datagram === undefined) return;
    const { bytes, host, port } = datagram;
    const meant = this.#plain.has(addressKey({ host, port })) ? undefined : this.#named.get(port);
    // Which of these names the address belongs to only the proxy knows: the code that asked tells by the answer.
    for (const name of meant ?? []) this.#datagrams.next({ bytes, from: { host: name, port } });
    this.#datagrams.next({ bytes, from: { host, port } });
  }
}

const decoded = (framed: Uint8Array): SocksDatagram | undefined => {
  try {
    return decodeSocksDatagram(framed);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};

/**
 * Binds UDP sockets whose datagrams a SOCKS5 proxy relays (UDP ASSOCIATE): all goes to the proxy's own address, and
 * what comes from elsewhere is not heard. When the proxy stops, what is sent is not delivered until it relays again.
 * Errors with a `NetworkError` if it does not relay at first.
 */
export const proxiedUdp =
  ({ bindUdp, associate, standIns }: Relaying): Env['bindUdp'] =>
  () =>
    defer(() => {
      const relayed = new Relayed(standIns);
      let isOpen = false;
      const relaying = ({ machine, proxy }: Association): Observable<UdpSocket> => {
        // Wherever it says that it relays: nothing leaves for anybody but the proxy.
        const relay = { host: proxy, port: machine.bound?.port ?? 0 };
        return bindUdp({ family: proxy.includes(':') ? 6 : 4, to: relay }).pipe(
          switchMap((socket) => {
            const first$ = isOpen ? EMPTY : of(relayed.socket);
            isOpen = true;
            return merge(relayed.by(socket, relay).pipe(ignoreElements()), first$);
          }),
        );
      };
      const over = new NetworkError('unreachable', 'UDP', 'the proxy has stopped relaying');
      return associate().pipe(
        endWith(undefined),
        switchMap((association) => (association === undefined ? throwError(() => over) : relaying(association))),
        retry({ delay: (error: unknown) => (isOpen ? timer(AGAIN) : throwError(() => error)) }),
        finalize(() => relayed.end()),
      );
    });
