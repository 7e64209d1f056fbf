import { createHash } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { lastValueFrom, mergeMap, takeWhile, tap } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { connectTcp } from '../../src/net/tcp.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

it('reads in small parts until a wire has brought much, and loses nothing when they grow', async () => {
  const bytes = Buffer.alloc(24 * MiB, Buffer.from(Array.from({ length: 997 }, (_, at) => at % 251)));
  const server = createServer((socket) => void socket.on('error', () => undefined).end(bytes)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const hash = createHash('sha1');
  let brought = 0;
  let early = 0;
  const { port } = server.address() as AddressInfo;
  await lastValueFrom(
    connectTcp({ host: '127.0.0.1', port, source: 'tracker' }).pipe(
      mergeMap(({ bytes$ }) => bytes$),
      tap((chunk) => {
        if (brought < 16 * MiB) early = Math.max(early, chunk.length);
        brought += chunk.length;
        hash.update(chunk);
      }),
      takeWhile(() => brought < bytes.length, true),
    ),
  );
  expect(brought).toBe(bytes.length);
  expect(early).toBe(64 * KiB);
  expect(hash.digest('hex')).toBe(createHash('sha1').update(bytes).digest('hex'));
});
