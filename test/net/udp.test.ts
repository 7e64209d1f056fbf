import { createSocket } from 'node:dgram';
import { firstValueFrom, map, mergeMap, take, timeout } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UdpEndpoint, UdpOptions } from '../../src/contracts/network.ts';
import { bindUdp } from '../../src/net/udp.ts';

/** What the system says of a packet to there. */
const said = (to: UdpEndpoint, options: Partial<UdpOptions> = {}): Promise<string> =>
  firstValueFrom(
    bindUdp({ family: 4, ...options }).pipe(
      mergeMap((socket) => {
        const why$ = socket.undelivered$.pipe(map(({ to: there, why }) => `${there.host}: ${why}`));
        setImmediate(() => socket.send(Uint8Array.of(1), to));
        return why$;
      }),
      timeout(5000),
    ),
  );

/** A port of 127.0.0.1 where nobody listens any more. */
const closed = async (): Promise<number> => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
};

describe('a UDP socket', () => {
  // A packet to everybody is not permitted unless it is asked for.
  const everybody = { host: '255.255.255.255', port: 9 };

  it('says what can not be sent', async () => {
    expect(await said(everybody)).toBe('255.255.255.255: this system does not permit it');
    expect(await said(everybody, { to: everybody })).toBe('255.255.255.255: this system does not permit it');
  });

  it('that is connected to one address errors when no program listens there', async () => {
    const to = { host: '127.0.0.1', port: await closed() };
    expect(await said(to, { to })).toBe('127.0.0.1: connection refused');
  });

  it('that is connected to one address gets no datagrams from others', async () => {
    const [one, other] = [createSocket('udp4'), createSocket('udp4')];
    onTestFinished(() => {
      one.close();
      other.close();
    });
    await new Promise<void>((resolve) => one.bind(0, '127.0.0.1', resolve));
    const to = { host: '127.0.0.1', port: one.address().port };
    const heard$ = bindUdp({ family: 4, to }).pipe(
      mergeMap((socket) => {
        other.send('other', socket.port, '127.0.0.1', () => one.send('one', socket.port, '127.0.0.1'));
        return socket.datagrams$.pipe(map(({ bytes }) => Buffer.from(bytes).toString()));
      }),
      take(1),
      timeout(5000),
    );
    expect(await firstValueFrom(heard$)).toBe('one');
  });
});
