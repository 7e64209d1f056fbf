import { parentPort } from 'node:worker_threads';
import { digester, type Reading } from './digest.ts';

// Reads what it hashes: so bytes are hashed while they are in this processor's cache, and nobody has to hand them over.
const digest = digester();
parentPort?.on('message', (reading: Reading) => parentPort?.postMessage(digest(reading)));
