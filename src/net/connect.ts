import type { Observable } from 'rxjs';
import type { PeerAddress, Wire } from '../contracts/network.ts';
import { connectTcp } from './tcp.ts';

/** How a peer is reached: TCP. Transports and encryption are chosen here, so that the pipe sees clean bytes. */
export const connect = (address: PeerAddress): Observable<Wire> => connectTcp(address);
