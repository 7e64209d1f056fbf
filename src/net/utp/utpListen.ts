import { catchError, map, merge, type Observable, throwError } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import { NetworkError } from '../../contracts/errors.ts';
import type { UtpLines } from './utpLines.ts';
import type { UtpNode } from './utpNode.ts';

type Listen = Env['listen'];

/**
 * Listens by TCP and, as long as calls are taken, by uTP at the same port. With a `host` by TCP only; also if the port
 * is taken for UDP. Errors as the TCP side does.
 */
export const listenBoth =
  (listenTcp: Listen, node: UtpNode): Listen =>
  (options) =>
    listenTcp(options).pipe(
      map(({ port, calls$ }) => ({
        port,
        calls$: options.host === undefined ? merge(calls$, node.callsAt(port)) : calls$,
      })),
    );

/** Listens by uTP only: at the first port, or at any free one if that is taken. Errors as `Env.bindUdp` does. */
export const listenUtp =
  (node: UtpNode): Listen =>
  ({ ports: [port = 0] }) => {
    const onlySix = (error: unknown): Observable<UtpLines> =>
      error instanceof NetworkError && error.code === 'no-address' ? node.at(6, port) : throwError(() => error);
    return node.at(4, port).pipe(
      catchError(onlySix),
      map((lines) => ({
        port: lines.port,
        calls$: lines.family === 4 ? merge(lines.calls$, node.callsAt(lines.port, [6])) : lines.calls$,
      })),
    );
  };
