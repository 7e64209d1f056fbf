import { createServer } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { handshake } from '../../../operators/handshake.ts';
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
