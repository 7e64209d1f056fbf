import { parentPort } from 'node:worker_threads';
import { type Digestible, digester } from './digest.ts';

// This thread reads what it hashes, so the bytes are still in this processor's cache, and need not be passed between
// threads.
const digest = digester();
parentPort?.on('message', (digestibles: readonly Digestible[]) => parentPort?.postMessage(digest(digestibles)));
