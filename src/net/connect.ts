import type { Observable } from 'rxjs';
import type { PeerAddress, Wire } from '../contracts/network.ts';
import { connectTcp } from './tcp.ts';

/** How a peer is reached: TCP. Whether what is said there is encrypted is decided above it, in `mse/`. */
export const connect = (address: PeerAddress): Observable<Wire> => connectTcp(address);
