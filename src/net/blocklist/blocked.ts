import {
  filter,
  ignoreElements,
  isObservable,
  map,
  mergeMap,
  type Observable,
  of,
  shareReplay,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import { NetworkError } from '../../contracts/errors.ts';
import type { Listening, PeerAddress, UdpSocket, Wire } from '../../contracts/network.ts';
import type { Blocklist } from '../../protocol/blocklist/blocklist.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import type { Network } from '../below.ts';
import type { BlockNote } from './blockNote.ts';
import { dialByName } from '../dialByName.ts';

const WHY = 'is on the blocklist';

/** The list that counts now, and how long what it permits may go on. */
class Rules {
  #current: Blocklist | undefined;
  /** Begins with the current list. */
  readonly #lists$: Observable<Blocklist>;
  readonly #changes: boolean;

  readonly #isStandIn: (host: string) => boolean;

  constructor(lists: Blocklist | Observable<Blocklist>, isStandIn: Network['isStandIn']) {
    this.#isStandIn = isStandIn ?? (() => false);
    this.#changes = isObservable(lists);
    this.#lists$ = isObservable(lists)
      ? lists.pipe(
          tap((list) => (this.#current = list)),
          shareReplay({ bufferSize: 1, refCount: true }),
        )
      : of((this.#current = lists));
  }

  /** Before there is a list, everything is blocked. */
  readonly blocks = (host: string): boolean =>
    this.#current === undefined || (this.#current.blocks(host) && !this.#isStandIn(host));

  /** The same as `source$` once there is a list; errors as the lists do. */
  once<T>(source: () => Observable<T>): Observable<T> {
    const begun$ = this.#lists$.pipe(take(1), mergeMap(source));
    return this.#changes ? begun$.pipe(takeUntil(this.#lists$.pipe(ignoreElements()))) : begun$;
  }

  /** The same as `source$` while the address is not blocked; errors as soon as it is. */
  while<T>(address: PeerAddress, host: string, source: () => Observable<T>): Observable<T> {
    const refused = (): NetworkError =>
      new NetworkError('refused-address', addressText(address), WHY, { lasting: !this.#changes });
    const judged$ = this.#lists$.pipe(
      tap(() => {
        if (this.blocks(host)) throw refused();
      }),
    );
    const begun$ = judged$.pipe(take(1), mergeMap(source));
    return this.#changes ? begun$.pipe(takeUntil(judged$.pipe(ignoreElements()))) : begun$;
  }
}

/**
 * The same network without the addresses that are blocked: they are not called, sent to or asked, nor are they listened
 * to, whatever named them.
 *
 * ```
 *   lists    a--b---     b blocks the peer
 *   peer     ---------
 *   connect  -w-#        refused-address
 * ```
 *
 * With a stream of lists nothing leaves before its first value. A later value counts from then on: what is connected
 * and blocked now is hung up on. While anything is open the stream is subscribed to, once for all; its error is the
 * error of whatever is open.
 *
 * `above` makes of a network whose UDP sockets are blocked so what peers are called by and call: uTP says nothing to an
 * address that is blocked, either.
 */
export const blocked = (
  network: Network,
  lists: Blocklist | Observable<Blocklist>,
  note: (note: BlockNote) => void = () => undefined,
  above: (network: Network) => Network = (same) => same,
): Network => {
  const rules = new Rules(lists, network.isStandIn);
  const permits = (address: string): boolean => !rules.blocks(address);
  const { httpStream } = network;
  const guarded: Network['bindUdp'] = (options) =>
    rules.once(() => network.bindUdp(options)).pipe(map((socket) => blockedSocket(socket, rules)));
  const whole = above({ ...network, bindUdp: guarded });
  return {
    isStandIn: network.isStandIn,
    connect: blockedConnect(whole, rules, note),
    listen: (options) =>
      rules.once(() => whole.listen(options)).pipe(map((listening) => blockedCalls(listening, rules, note))),
    httpGet: (request) => rules.once(() => network.httpGet({ ...request, permits })),
    httpStream: httpStream && ((request) => rules.once(() => httpStream({ ...request, permits }))),
    bindUdp: whole.bindUdp,
    resolve: (host) => rules.once(() => permitted(network.resolve(host), rules)),
  };
};

const permitted = (found$: Observable<readonly string[]>, { blocks }: Rules): Observable<readonly string[]> =>
  found$.pipe(map((found) => found.filter((address) => !blocks(address))));

const blockedConnect = (
  { connect, resolve }: Network,
  rules: Rules,
  note: (note: BlockNote) => void,
): Network['connect'] => {
  const dial = (address: PeerAddress, host: string, infoHash?: Uint8Array): Observable<Wire> =>
    rules
      .while(address, host, () => connect(host === address.host ? address : { ...address, host }, infoHash))
      .pipe(
        tap({
          error: (error: unknown) => {
            if (error instanceof NetworkError && error.code === 'refused-address') note({ direction: '>', address });
          },
        }),
      );
  return (address, infoHash) => {
    if (parseIp(address.host) !== undefined || address.host.includes('%')) return dial(address, address.host, infoHash);
    // A name is judged by what it leads to, and dialled there, so that it can't lead elsewhere in between.
    return dialByName(resolve, address, (host) => dial(address, host, infoHash));
  };
};

const blockedCalls = ({ port, calls$ }: Listening, rules: Rules, note: (note: BlockNote) => void): Listening => ({
  port,
  calls$: calls$.pipe(
    filter((address) => {
      const isBlocked = rules.blocks(address.host);
      if (isBlocked) note({ direction: '<', address });
      return !isBlocked;
    }),
    map((address) => {
      const { wire$ } = address;
      return wire$ === undefined ? address : { ...address, wire$: rules.while(address, address.host, () => wire$) };
    }),
  ),
});

const blockedSocket = (socket: UdpSocket, { blocks }: Rules): UdpSocket => ({
  ...socket,
  datagrams$: socket.datagrams$.pipe(filter(({ from }) => !blocks(from.host))),
  send: (bytes, to) => {
    if (!blocks(to.host)) socket.send(bytes, to);
  },
});
