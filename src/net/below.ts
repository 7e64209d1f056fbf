import { catchError, type Observable, of, throwError } from 'rxjs';
import type { Env } from '../contracts/env.ts';
import type { Connect } from '../contracts/network.ts';
import { reachOf } from '../protocol/encoding/reach.ts';
import { directly, type WebWay } from './dial.ts';
import { httpGet, httpGetBy, type Way } from './http/http.ts';
import { httpStream, httpStreamBy } from './http/httpStream.ts';
import { Lines } from './http/keptLines.ts';
import { listenTcp } from './listen.ts';
import { lookUp } from './names/lookUp.ts';
import type { LookUp } from './names/lookUpType.ts';
import { NameError } from './names/nameError.ts';
import { connectTcp } from './tcp.ts';
import { bindUdp, resolve } from './udp.ts';

/** The part of the world through which bytes leave and come. */
export type Network = Pick<
  Env,
  'connect' | 'listen' | 'httpGet' | 'httpStream' | 'bindUdp' | 'resolve' | 'holepunch'
> & {
  /** Does this address only stand for a name, which nobody here has looked up? */
  readonly isStandIn?: ((address: string) => boolean) | undefined;
};

/** What a network is made of. */
export interface Below extends WebWay, Pick<Network, 'listen' | 'bindUdp' | 'isStandIn'> {
  readonly connect: Connect;
  readonly look: LookUp;
}

/** By whatever addresses and routes the system chooses. */
export const direct: Below = {
  connect: (address) => connectTcp(address),
  ...{ listen: listenTcp, bindUdp, open: directly, look: lookUp },
};

const noAddress = (error: unknown): Observable<readonly string[]> =>
  error instanceof NameError ? of([]) : throwError(() => error);

/** Names and web requests by way of what is below; web servers are told which client asks if it is `named`. */
export const networkOver = (below: Below, named = true): Network => {
  const { connect, listen, bindUdp, look, isStandIn } = below;
  // All requests that go by no special way share the connections that are kept.
  if (below === direct && named) return { connect, listen, bindUdp, httpGet, httpStream, resolve };
  const way: Way = { ...below, lines: new Lines(), named };
  return {
    ...{ connect, listen, bindUdp, isStandIn },
    httpGet: httpGetBy(reachOf, look, way),
    httpStream: httpStreamBy(reachOf, look, way),
    resolve: (host) => look(host).pipe(catchError(noAddress)),
  };
};
