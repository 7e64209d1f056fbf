import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

/** What a worker is started with: 20 bytes a piece. */
export type Hashes = Uint8Array;
/** What it is asked, and answers with a boolean each, in their order. The bytes are shared, not copied. */
export type Question = readonly [index: number, bytes: Uint8Array];

const hashes = workerData as Hashes;

parentPort?.on('message', ([index, bytes]: Question) => {
  const promised = hashes.subarray(index * 20, index * 20 + 20);
  parentPort?.postMessage(createHash('sha1').update(bytes).digest().equals(promised));
});
