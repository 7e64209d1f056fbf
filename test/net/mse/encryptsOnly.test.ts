import { createServer } from 'node:net';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { handshake } from '../../../operators/handshake.ts';
import type { Encryption } from '../../../src/net/mse/encryption.ts';
import { connectTcp } from '../../../src/net/tcp.ts';
import { encryptedConnect } from '../../../src/net/mse/encryptedConnect.ts';

it.each<[string, 'end' | 'resetAndDestroy']>([
  ['hangs up', 'end'],
  ['resets the connection', 'resetAndDestroy'],
])(
  'a session with a peer that %s at a plain handshake ends as one that is dialled at once, encrypted',
  async (_, way) => {
    const heard: number[] = [];
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', (bytes: Buffer) => {
          heard.push(bytes[0] as number);
          socket[way]();
        });
    });
    const port = await new Promise<number>((done) =>
      server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)),
    );
    const infoHash = new Uint8Array(20).fill(1);
    const dial = encryptedConnect((address) => connectTcp(address), {
      encryption: 'prefer',
      randomBytes: (length) => new Uint8Array(length).fill(9),
    });
    const session = () =>
      lastValueFrom(
        dial({ host: '127.0.0.1', port, source: 'manual' }, infoHash).pipe(
          handshake({ infoHash, peerId: new Uint8Array(20), pieceCount: 1 }),
        ),
      );
    await expect(session()).rejects.toMatchObject({ name: 'PeerError', code: 'encrypts-only' });
    // It hangs up on that, too, and then there is nothing left that was not tried.
    await expect(session()).rejects.toMatchObject({ name: 'PeerError', code: 'reset' });
    expect(heard[0]).toBe(19);
    expect(heard[1]).not.toBe(19);
    server.close();
  },
);

it.each<Encryption>(['prefer', 'allow'])(
  'a peer that hangs up on a torrent which it does not have is dialled as before for another (%s)',
  async (encryption) => {
    const heard: number[] = [];
    const [missing, served] = [1, 2].map((byte) => new Uint8Array(20).fill(byte)) as [Uint8Array, Uint8Array];
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', (bytes: Buffer) => {
          heard.push(bytes[0] as number);
          const isServed = bytes.subarray(28, 48).equals(served);
          if (isServed) socket.write(Buffer.concat([bytes.subarray(0, 48), Buffer.alloc(20, 's')]));
          else socket.destroy();
        });
    });
    onTestFinished(() => void server.close());
    const port = await new Promise<number>((done) =>
      server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)),
    );
    const dial = encryptedConnect((address) => connectTcp(address), {
      encryption,
      randomBytes: (length) => new Uint8Array(length).fill(9),
    });
    const session = (infoHash: Uint8Array) =>
      firstValueFrom(
        dial({ host: '127.0.0.1', port, source: 'manual' }, infoHash).pipe(
          handshake({ infoHash, peerId: new Uint8Array(20), pieceCount: 1 }),
        ),
      );

    await expect(session(missing)).rejects.toMatchObject({ code: 'encrypts-only' });
    await session(served);
    await expect(session(missing)).rejects.toMatchObject({ code: 'reset' });
    // 19 begins a plain handshake.
    expect(heard.map((first) => first === 19)).toEqual([true, true, false]);
  },
);
