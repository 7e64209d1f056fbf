import { connect as dial, type Socket } from 'node:net';
import { Observable, Subject } from 'rxjs';
import type { PeerAddress, Wire } from '../env.ts';
import { PeerError, type PeerCode } from '../errors.ts';

/** Milliseconds for a connection to be made. */
export const CONNECT_WITHIN = 10_000;
/** Bytes of one read: one buffer for all sockets, since a chunk is lent only until `next` returns. */
const READ_SIZE = 65_536;
const chunk = Buffer.allocUnsafeSlow(READ_SIZE);

/**
 * Dials a peer over TCP: emits one wire, completes when they hang up. Unsubscribing hangs up.
 * Errors with `PeerError`: `refused`, `unreachable`, `timeout`, `reset`.
 */
export const connectTcp = (address: PeerAddress, within: number = CONNECT_WITHIN): Observable<Wire> =>
  new Observable((subscriber) => {
    const bytes$ = new Subject<Uint8Array>();
    const drained$ = new Subject<void>();
    const callback = (length: number, buffer: Uint8Array): boolean => {
      bytes$.next(buffer.subarray(0, length));
      return true;
    };
    const socket = dial({ host: address.host, port: address.port, noDelay: true, onread: { buffer: chunk, callback } });
    const end = (): void => {
      socket.destroy();
      bytes$.complete();
      subscriber.complete();
    };
    const fail = (code: PeerCode, why: string, cause?: Error): void => {
      socket.destroy();
      const error = new PeerError(code, `${address.host}:${address.port}: ${why}`, { cause });
      bytes$.error(error);
      subscriber.error(error);
    };
    socket.setTimeout(within, () => fail('timeout', `no connection within ${within / 1000} s`));
    socket.once('connect', () => {
      socket.setTimeout(0);
      subscriber.next(wireOf(socket, address, bytes$, drained$));
    });
    socket.on('drain', () => drained$.next());
    socket.once('end', end);
    socket.once('close', end);
    socket.on('error', (error: NodeJS.ErrnoException) => fail(codeOf(error), error.message, error));
    return () => {
      socket.destroy();
      bytes$.complete();
      drained$.complete();
    };
  });

const wireOf = (socket: Socket, address: PeerAddress, bytes$: Subject<Uint8Array>, drained$: Subject<void>): Wire => ({
  address,
  bytes$: bytes$.asObservable(),
  drained$: drained$.asObservable(),
  write: (bytes) => !socket.destroyed && socket.write(bytes),
});

const codeOf = ({ code }: NodeJS.ErrnoException): PeerCode => {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  if (code === 'ETIMEDOUT') return 'timeout';
  return 'unreachable';
};
