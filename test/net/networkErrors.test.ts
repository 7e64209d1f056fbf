import { Socket } from 'node:dgram';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { firstValueFrom, lastValueFrom, type Observable, throwError } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { handshake } from '../../operators/handshake.ts';
import { asPeerError, asTrackerError } from '../../src/contracts/blame.ts';
import { type NetworkCode, NetworkError, PeerError, TrackerError, verdict } from '../../src/contracts/errors.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { httpGet, httpGetBy } from '../../src/net/http/http.ts';
import { listenTcp } from '../../src/net/listen.ts';
import { NameError } from '../../src/net/names/nameError.ts';
import { networkCode, portCode } from '../../src/net/networkCode.ts';
import { connectTcp } from '../../src/net/tcp.ts';
import { bindUdp } from '../../src/net/udp.ts';
import { reachOf } from '../../src/protocol/encoding/reach.ts';
import { deadOrigin, serve, serveRaw, serveSelfSigned } from './servers.ts';

const thrownBy = (source$: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(source$).then(
    (value) => value,
    (error: unknown) => error,
  );
const get = (url: string, more = {}): Observable<unknown> => httpGet({ url, maxBytes: 10, timeout: 5000, ...more });
const peerAt = (origin: string): PeerAddress => {
  const { hostname: host, port } = new URL(origin);
  return { host, port: Number(port), source: 'manual' };
};
/** The name leads nowhere. */
const nowhere = (host: string) => throwError(() => new NameError('ENOTFOUND', host));

/** Each code, as a socket of this machine brings it about. */
const BY_SOCKETS: readonly (readonly [NetworkCode, string, () => Promise<Observable<unknown>>])[] = [
  ['refused', 'a peer', async () => connectTcp(peerAt(await deadOrigin()))],
  ['refused', 'a web server', async () => get(await deadOrigin())],
  ['unknown-host', 'a peer', async () => connectTcp({ host: 'peer.example', port: 1, source: 'manual' }, 99, nowhere)],
  [
    'unknown-host',
    'a web server',
    async () => httpGetBy(reachOf, nowhere)({ url: 'http://web.example/', maxBytes: 10, timeout: 5000 }),
  ],
  [
    'unreachable',
    'a name that nobody can look up',
    async () =>
      connectTcp({ host: 'peer.example', port: 1, source: 'manual' }, 99, (host) =>
        throwError(() => new NameError('EAI_AGAIN', host)),
      ),
  ],
  ['reset', 'a web server', async () => get(await serveRaw((socket) => socket.resetAndDestroy()))],
  ['timeout', 'a web server', async () => get(await serve(() => undefined), { timeout: 50 })],
  ['untrusted', 'a web server', async () => get(await serveSelfSigned((_, response) => response.end()))],
  ['malformed', 'what is no HTTP', async () => get(await serveRaw((socket) => socket.end('220 ESMTP\r\n')))],
  ['malformed', 'what is too long', async () => get(await serve((_, response) => response.end('x'.repeat(11))))],
  ['bad-url', 'what is none', async () => get('http://')],
  ['unsupported-scheme', 'a web server', async () => get('ftp://127.0.0.1/')],
  ['refused-address', 'a web server', async () => get(await deadOrigin(), { loopbackPath: '/announce' })],
  ['no-address', 'a port of TCP', async () => listenTcp({ ports: [0], host: '192.0.2.1' })],
  ['port-taken', 'a port of TCP', async () => listenTcp({ ports: [await takenPort()], host: '127.0.0.1' })],
];

const takenPort = async (): Promise<number> => {
  const server = createTcp();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

describe('an error of the network', () => {
  it.each(BY_SOCKETS)('is %s: %s', async (code, _, failing) => {
    const error = await thrownBy(await failing());
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ name: 'NetworkError', code });
    const { message, where, why } = error as NetworkError;
    expect([where.length > 0, why.length > 0, message]).toEqual([true, true, `${where}: ${why}`]);
  });

  it('is port-denied when the system does not permit to bind it', async () => {
    const denied = vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket) {
      process.nextTick(() => this.emit('error', Object.assign(new Error('bind EACCES'), { code: 'EACCES' })));
      return this;
    });
    onTestFinished(() => denied.mockRestore());
    await expect(firstValueFrom(bindUdp({ family: 4, port: 80 }))).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'port-denied',
      where: 'UDP port 80',
    });
  });

  it.each([
    ['EMFILE', 'no-room', 'no-room'],
    ['ENOMEM', 'no-room', 'no-room'],
    ['EADDRINUSE', 'unreachable', 'port-taken'],
    ['EPERM', 'unreachable', 'port-denied'],
    ['EAFNOSUPPORT', 'unreachable', 'no-address'],
    ['ECONNABORTED', 'reset', 'reset'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'untrusted', 'untrusted'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'timeout', 'timeout'],
    ['Z_DATA_ERROR', 'malformed', 'malformed'],
    ['constructor', 'unreachable', 'unreachable'],
    [undefined, 'unreachable', 'unreachable'],
  ])('of the system, %s, is %s, and %s of a port', (code, one, ofPort) => {
    expect([networkCode({ code }), portCode({ code })]).toEqual([one, ofPort]);
  });
});

describe('the fault for a failure of the network', () => {
  const failure = (code: NetworkCode, lasting = false): NetworkError =>
    new NetworkError(code, 'there', 'no', { lasting });

  it.each<[NetworkCode, string, string]>([
    ['unreachable', 'unreachable', 'unreachable'],
    ['unknown-host', 'unreachable', 'unreachable'],
    ['refused', 'refused', 'unreachable'],
    ['reset', 'reset', 'unreachable'],
    ['timeout', 'timeout', 'timeout'],
    ['untrusted', 'unreachable', 'unreachable'],
    ['malformed', 'unreachable', 'malformed'],
    ['http-status', 'unreachable', 'http-status'],
    ['bad-url', 'unreachable', 'malformed'],
    ['unsupported-scheme', 'unreachable', 'unsupported-scheme'],
    ['refused-address', 'unreachable', 'refused-address'],
    ['no-room', 'no-room', 'unreachable'],
  ])('%s is %s of a peer and %s of a tracker', (code, ofPeer, ofTracker) => {
    const error = failure(code);
    const [peer, tracker] = [asPeerError(error), asTrackerError(error)];
    expect(peer).toBeInstanceOf(PeerError);
    expect(tracker).toBeInstanceOf(TrackerError);
    expect(peer).toMatchObject({ code: ofPeer, message: 'there: no', cause: error });
    expect(tracker).toMatchObject({ code: ofTracker, message: 'there: no', cause: error, retryIn: undefined });
  });

  it('is nobody else’s: other errors stay as they are', () => {
    for (const error of [new Error('ours'), new PeerError('silent', ''), undefined])
      expect([asPeerError(error), asTrackerError(error)]).toEqual([error, error]);
  });

  it('follows from it: tried again, unless it is the address itself that can not be asked', () => {
    expect(verdict(failure('timeout'))).toBe('retry');
    expect(verdict(failure('bad-url', true))).toBe('drop');
    expect(asTrackerError(failure('bad-url', true))).toMatchObject({ retryIn: 'never' });
    expect(verdict(asTrackerError(failure('bad-url', true)))).toBe('drop');
    expect(verdict(asPeerError(failure('refused')))).toBe('retry');
  });

  it('is said of a peer from the handshake on, whatever its wire fails with', async () => {
    const identity = { infoHash: new Uint8Array(20), peerId: new Uint8Array(20) };
    const dead = await deadOrigin();
    const error = await thrownBy(connectTcp(peerAt(dead)).pipe(handshake(identity)));
    expect(error).toMatchObject({ name: 'PeerError', code: 'refused', cause: { name: 'NetworkError' } });
    const origin = await serveRaw((socket) => socket.resetAndDestroy());
    const reset = await thrownBy(connectTcp(peerAt(origin)).pipe(handshake(identity)));
    expect(reset).toMatchObject({ name: 'PeerError', code: 'reset' });
  });
});
