import { parentPort } from 'node:worker_threads';
import { bothDigests } from './bothDigests.ts';

// The bytes are shared, not copied.
parentPort?.on('message', (bytes: Uint8Array) => parentPort?.postMessage(bothDigests(bytes)));
