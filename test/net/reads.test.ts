import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
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

it('gives other wires a turn before it has read 4 MiB, however fast bytes come', async () => {
  const bytes = Buffer.alloc(48 * MiB);
  const sender = new Worker(SENDER, { eval: true, workerData: bytes.length });
  onTestFinished(() => void sender.terminate());
  const [port] = (await once(sender, 'message')) as [number];
  let row = 0;
  let longest = 0;
  let brought = 0;
  let turn: NodeJS.Immediate | undefined;
  onTestFinished(() => clearImmediate(turn));
  const others = (): void => {
    row = 0;
    turn = setImmediate(others);
  };
  others();
  await lastValueFrom(
    connectTcp({ host: '127.0.0.1', port, source: 'tracker' }).pipe(
      mergeMap(({ bytes$ }) => bytes$),
      tap((chunk) => {
        row += chunk.length;
        brought += chunk.length;
        longest = Math.max(longest, row);
        // As long as it takes to hash it: so there is always more to be read.
        createHash('sha1').update(chunk).digest();
      }),
      takeWhile(() => brought < bytes.length, true),
    ),
  );
  expect(brought).toBe(bytes.length);
  expect(longest).toBeLessThan(4 * MiB);
});

/** Sends from another thread, since nothing comes while this one reads. */
const SENDER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const send = (socket) => void socket.on('error', () => {}).end(Buffer.alloc(workerData));
  const server = require('node:net').createServer(send);
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;
