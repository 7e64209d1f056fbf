import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Observable } from 'rxjs';
import type { UdpOptions, UdpSocket } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { Hot } from '../hot.ts';
import { errorWords } from '../errorWords.ts';
import { portCode } from '../networkCode.ts';
import { UdpStreams } from '../udpStreams.ts';
import { LOOK_EVERY, type LookAround, Membership } from './multicast.ts';

const unbound = (port: number, cause: Error): NetworkError =>
  new NetworkError(portCode(cause), `UDP port ${port}`, errorWords(cause), { cause });

const openSocket = (family: 4 | 6): Socket =>
  createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ipv6Only: family === 6,
    reuseAddr: true,
    // A literal leads to itself, and is emitted synchronously: an asynchronous lookup would let the datagram go out by
    // the last interface only.
    lookup: (host: string, _: unknown, done: (error: null, address: string, family: number) => void): void =>
      done(null, host, family),
  });

/**
 * Binds a UDP socket that hears what is sent to a multicast group on each interface, and sends to the group on each of
 * them. Looks for new interfaces every ten seconds. Other programs on this machine may share the port. Unsubscribing
 * closes the socket. With `only`, nothing is sent but on the interfaces that `look` shows.
 */
export const bindGroup = (
  { port = 0, family }: Omit<UdpOptions, 'multicast'>,
  group: string,
  look: LookAround = networkInterfaces,
  only = false,
): Observable<UdpSocket> =>
  new Observable((subscriber) => {
    const socket = openSocket(family);
    const streams = new UdpStreams(socket);
    const moved = new Hot<void>();
    const membership = new Membership(socket, family, group, look, only);
    let isBound = false;
    socket.on('error', (cause) => {
      if (!isBound) subscriber.error(unbound(port, cause));
    });
    const send: UdpSocket['send'] = (bytes, to) => {
      if (subscriber.closed || to.port <= 0 || to.port >= 65_536 || isIP(to.host) !== family) return;
      const told = (error: Error | null): void => (error === null ? undefined : streams.failed(to, error));
      const speak = (): void => socket.send(bytes, to.port, to.host, told);
      if (to.host === group) membership.onEach(speak);
      else if (!only) speak();
    };
    socket.bind(port, () => {
      isBound = true;
      membership.refresh();
      const around = setInterval(() => membership.refresh() && moved.next(), LOOK_EVERY).unref();
      subscriber.add(() => clearInterval(around));
      subscriber.next({ port: socket.address().port, ...streams.heard, moved$: moved.stream$, send });
    });
    return () => {
      socket.close();
      streams.end();
      moved.end();
    };
  });
