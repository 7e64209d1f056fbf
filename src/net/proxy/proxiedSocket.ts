import type { Socket } from 'node:net';
import { mergeMap, Observable } from 'rxjs';
import { NetworkError } from '../../contracts/errors.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import type { ProxyMachine } from '../../protocol/proxy/proxyMachine.ts';
import { PROXY_WITHIN } from './proxiedWire.ts';
import { proxyFault } from './proxyErrors.ts';

/**
 * The same as {@link proxiedWire} for a socket that Node's own protocols go on with: emits it once the proxy has
 * connected it, and completes; from then on it belongs to the subscriber.
 */
export const proxiedSocket = (
  sockets: Observable<Socket>,
  to: { readonly host: string; readonly port: number },
  machine: () => ProxyMachine,
): Observable<Socket> => sockets.pipe(mergeMap((socket) => asked(socket, addressText(to), machine)));

const asked = (socket: Socket, where: string, begin: () => ProxyMachine): Observable<Socket> =>
  new Observable((subscriber) => {
    let isOurs = true;
    const fail = (error: unknown): void => subscriber.error(proxyFault(where, error));
    const late = (): void =>
      subscriber.error(new NetworkError('timeout', where, `no answer of the proxy within ${PROXY_WITHIN / 1000} s`));
    const hungUp = (): void =>
      subscriber.error(new NetworkError('unreachable', where, 'the proxy hung up instead of connecting'));
    subscriber.add(() => {
      socket.off('data', heard).off('error', fail).off('close', hungUp).off('timeout', late).setTimeout(0);
      if (isOurs) socket.destroy();
    });
    const heard = (chunk: Uint8Array): void => {
      try {
        const { send, rest } = machine.receive(chunk);
        if (send !== undefined) socket.write(send);
        if (rest === undefined) return;
        // Both HTTP and TLS begin with our own words.
        if (rest.length > 0) throw new Malformed('proxy', 'nothing before our words', `${rest.length} bytes`);
        isOurs = false;
        socket.off('data', heard);
        subscriber.next(socket);
        subscriber.complete();
      } catch (error) {
        fail(error);
      }
    };
    const machine = begin();
    socket.on('error', fail).on('close', hungUp).on('data', heard).setTimeout(PROXY_WITHIN, late);
    socket.write(machine.greeting);
  });
