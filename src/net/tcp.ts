import { isIP, connect as open, type Socket } from 'node:net';
import { catchError, mergeMap, Observable, type Subscription, throwError, timeout } from 'rxjs';
import type { PeerAddress, Wire } from '../contracts/network.ts';
import { NetworkError, type NetworkCode } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import { errorWords } from './errorWords.ts';
import { networkCode } from './networkCode.ts';
import { type SocketWire, socketWire } from './socketWire.ts';
import type { LocalAddresses } from './bind/localAddresses.ts';
import { lookUp } from './names/lookUp.ts';
import { raced } from './raced.ts';

/** Milliseconds for a connection to be made. */
export const CONNECT_WITHIN = 10_000;

/**
 * Dials a peer over TCP: emits one wire, completes when the peer hangs up. Unsubscribing hangs up. The addresses of a
 * name race, and each of them has its full time. With `local` the connection comes from one of these addresses, and is
 * cut off when that is gone, with `no-room`. Errors with `NetworkError`: `refused`, `unreachable`, `unknown-host`,
 * `timeout`, `reset`, `no-room`.
 */
export const connectTcp = (
  address: PeerAddress,
  within: number = CONNECT_WITHIN,
  look = lookUp,
  local?: LocalAddresses,
): Observable<Wire> => {
  // Nearly all peers are literals, for which there is nothing to look up.
  if (isIP(address.host) !== 0) return dial(address, address.host, within, local);
  const fail = (code: NetworkCode, why: string, cause?: unknown): Observable<never> =>
    throwError(() => new NetworkError(code, addressText(address), why, { cause }));
  return look(address.host).pipe(
    timeout({ first: within, with: () => fail('timeout', `no connection within ${within / 1000} s`) }),
    catchError((error: unknown) =>
      error instanceof NetworkError ? throwError(() => error) : fail(networkCode(error), errorWords(error), error),
    ),
    mergeMap((hosts) => raced(hosts, (host) => dial(address, host, within, local))),
  );
};

const dial = (address: PeerAddress, host: string, within: number, local?: LocalAddresses): Observable<Wire> =>
  new Observable((subscriber) => {
    const from = local?.must(host.includes(':') ? 6 : 4);
    const { socket, wire, fail } = socketWire(
      address,
      subscriber,
      (onread) =>
        open({ host, port: address.port, noDelay: true, onread, ...(from !== undefined && { localAddress: from }) }),
      local !== undefined && from !== undefined ? (error) => local.codeFrom(from, error) : networkCode,
    );
    if (local !== undefined && from !== undefined) subscriber.add(cutOff(local, from, socket, fail));
    socket.setTimeout(within, () => fail('timeout', `no connection within ${within / 1000} s`));
    socket.once('connect', () => {
      socket.setTimeout(0);
      subscriber.next(wire);
    });
  });

/** Cuts a connection off when the address that it comes from is gone, with one packet at the most. */
const cutOff = (local: LocalAddresses, from: string, socket: Socket, fail: SocketWire['fail']): Subscription =>
  local.lost(from).subscribe({
    error: (gone: unknown) => {
      socket.resetAndDestroy();
      fail('no-room', `its address here, ${from}, is gone`, gone);
    },
  });
