import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { selfSigned } from './selfSigned.ts';

const listening = async (server: Server, host: string): Promise<string> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // Clients under test hang up whenever they like.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://${host}:${(server.address() as AddressInfo).port}`;
};

/** A well-behaved server on this machine until the test ends; its origin. */
export const serve = (listener: RequestListener, host = '127.0.0.1'): Promise<string> =>
  listening(createHttp(listener), host);

/** The same over TLS, with a certificate that nobody vouches for. */
export const serveSelfSigned = async (listener: RequestListener): Promise<string> =>
  (await listening(createHttps(selfSigned, listener), '127.0.0.1')).replace('http:', 'https:');

/** One that does with a connection what it likes; `request` is what it was sent first. */
export const serveRaw = (talk: (socket: Socket, request: string) => void): Promise<string> =>
  listening(
    createServer((socket) => socket.once('data', (bytes) => talk(socket, bytes.toString('latin1')))),
    '127.0.0.1',
  );

/** Where nobody listens. */
export const deadOrigin = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
};

/** Sockets and timers that this process still holds, those of servers left out. */
export const held = (): readonly string[] =>
  process
    .getActiveResourcesInfo()
    .filter((name) => name === 'TCPSocketWrap' || name === 'TCPConnectWrap' || name === 'GetAddrInfoReqWrap');

/** Waits until `done`, for 3 s at most. */
export const eventually = async (done: () => boolean): Promise<boolean> => {
  for (let waited = 0; waited < 3000 && !done(); waited += 10) await new Promise((resolve) => setTimeout(resolve, 10));
  return done();
};
