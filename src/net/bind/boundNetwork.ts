import { catchError, defer, map, mergeMap, type Observable, of, throwError } from 'rxjs';
import { reachOf } from '../../protocol/encoding/reach.ts';
import type { Network } from '../blocklist/blocked.ts';
import { dialled } from '../dial.ts';
import { bindGroup } from '../groups/group.ts';
import { httpGetBy, type Way } from '../http/http.ts';
import { httpStreamBy } from '../http/httpStream.ts';
import { Lines } from '../http/keptLines.ts';
import { listenTcp } from '../listen.ts';
import type { LookUp } from '../names/lookUpType.ts';
import { NameError } from '../names/nameError.ts';
import { CONNECT_WITHIN, connectTcp } from '../tcp.ts';
import { bindUdp } from '../udp.ts';
import { boundListen } from './boundListen.ts';
import { boundUdp } from './boundUdp.ts';
import type { LocalAddresses } from './localAddresses.ts';

/** Looks names up from these addresses. */
const boundLookUp = (local: LocalAddresses): LookUp => {
  let look: LookUp | undefined;
  // A program that dials only literals never loads the resolver.
  const loaded$ = defer(() => import('../names/names.ts')).pipe(
    map(({ lookUpWith }) => (look ??= lookUpWith({ from: () => [local.of(4), local.of(6)] }))),
  );
  return (host) => defer(() => (look === undefined ? loaded$ : of(look))).pipe(mergeMap((found) => found(host)));
};

const noAddress = (error: unknown): Observable<readonly string[]> =>
  error instanceof NameError ? of([]) : throwError(() => error);

/**
 * The network by way of these local addresses alone: nothing leaves from others, and nothing is heard at others. While
 * they are gone, what is open is cut off and nothing can be dialled; sockets that listen are back when they are.
 */
export const boundNetwork = (local: LocalAddresses): Network => {
  const look = boundLookUp(local);
  const group = boundUdp(bindUdp, local);
  const way: Way = { open: (host, port) => dialled(host, port, CONNECT_WITHIN, local), lines: new Lines() };
  return {
    connect: (address) => connectTcp(address, CONNECT_WITHIN, look, local),
    listen: boundListen(listenTcp, local),
    httpGet: httpGetBy(reachOf, look, way),
    httpStream: httpStreamBy(reachOf, look, way),
    bindUdp: ({ multicast, ...options }) =>
      multicast === undefined ? group(options) : bindGroup(options, multicast, local.look, true),
    resolve: (host) => look(host).pipe(catchError(noAddress)),
  };
};
