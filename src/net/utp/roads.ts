import { isIP } from 'node:net';
import { defer, type Observable } from 'rxjs';
import type { Connect, PeerAddress, Wire } from '../../contracts/network.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { LOOPBACK, reachOf } from '../../protocol/encoding/reach.ts';
import type { Env } from '../../contracts/env.ts';
import { dialByName } from '../dialByName.ts';
import { raced } from '../raced.ts';
import { silentEnd } from '../silentEnd.ts';
import { RoadHistory, type Transport } from './roadHistory.ts';

/** How peers are dialled by each transport. `utp` dials literals only; without `tcp` there is nothing else. */
export interface Roads {
  readonly tcp?: Connect | undefined;
  readonly utp: (address: PeerAddress) => Observable<Wire>;
  readonly resolve: Env['resolve'];
}

/**
 * Dials peers by TCP and uTP.
 *
 * ```
 *   tcp     --------------        nobody answers
 *   utp     250ms ---w---         begun beside it
 *   result  250ms ---w---         mirrors the winner; the other one is hung up on before a byte is said
 * ```
 *
 * The way by which a peer was reached last is tried first, and the other one if it hung up without a byte, as clients
 * do by a transport that is switched off. If nothing is known, uTP is if somebody has said that the peer speaks it
 * (`PeerAddress.utp`), and else TCP. When the first way fails the other one is tried at once. On the way to a peer on
 * this machine there is no line to be spared, so it is dialled by TCP only. A peer that calls us at the same moment
 * (`PeerAddress.punch`) is dialled by uTP only. Errors as the first way does.
 */
export const racedRoads = ({ tcp, utp, resolve }: Roads): Connect => {
  const history = new RoadHistory();
  const byUtp = (address: PeerAddress): Observable<Wire> => {
    if (isIP(address.host) !== 0) return utp(address);
    return dialByName(resolve, address, (host) => utp({ ...address, host }));
  };
  if (tcp === undefined) return byUtp;
  return (address) => {
    if (address.punch === true) return byUtp(address);
    if (reachOf(address.host) === LOOPBACK) return tcp(address);
    return defer(() => {
      const first = history.first(addressText(address)) ?? (address.utp === true ? 'utp' : 'tcp');
      const ways: readonly Transport[] = first === 'utp' ? ['utp', 'tcp'] : ['tcp', 'utp'];
      const peer = addressText(address);
      return raced(ways, (way) =>
        silentEnd((way === 'utp' ? byUtp : tcp)(address), {
          opened: () => history.reached(peer, way),
          ended: () => history.hungUp(peer, way),
        }),
      );
    });
  };
};
