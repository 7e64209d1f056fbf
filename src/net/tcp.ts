import { connect as dial } from 'node:net';
import { Observable } from 'rxjs';
import type { PeerAddress, Wire } from '../env.ts';
import { lineOf } from './line.ts';
import { lookUp, lookupFunction } from './lookUp.ts';

/** Milliseconds for a connection to be made. */
export const CONNECT_WITHIN = 10_000;

/**
 * Dials a peer over TCP: emits one wire, completes when they hang up. Unsubscribing hangs up.
 * Errors with `PeerError`: `refused`, `unreachable`, `timeout`, `reset`.
 */
export const connectTcp = (address: PeerAddress, within: number = CONNECT_WITHIN, look = lookUp): Observable<Wire> =>
  new Observable((subscriber) => {
    const { host, port } = address;
    const lookup = lookupFunction(subscriber, undefined, look);
    const { socket, wire, fail } = lineOf(address, subscriber, (onread) => dial({ host, port, noDelay: true, onread, lookup }));
    socket.setTimeout(within, () => fail('timeout', `no connection within ${within / 1000} s`));
    socket.once('connect', () => {
      socket.setTimeout(0);
      subscriber.next(wire);
    });
  });
