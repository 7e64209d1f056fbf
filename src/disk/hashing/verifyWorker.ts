import { parentPort } from 'node:worker_threads';
import { sha1 } from '../../protocol/encoding/id.ts';

// The bytes are shared, not copied.
parentPort?.on('message', (bytes: Uint8Array) => parentPort?.postMessage(sha1(bytes)));
