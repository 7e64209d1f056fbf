import { parentPort, workerData } from 'node:worker_threads';
import { holds, type Question } from './pieceHash.ts';

// Started with the hashes, 20 bytes a piece; answers every question, in their order. The bytes are shared, not copied.
const promised = workerData as Uint8Array;

parentPort?.on('message', (question: Question) => parentPort?.postMessage(holds(promised, question)));
