import { parentPort } from 'node:worker_threads';
import { blockHashes } from '../../torrent/metainfo/merkle.ts';

// The bytes are shared, not copied.
parentPort?.on('message', (bytes: Uint8Array) => parentPort?.postMessage(blockHashes(bytes)));
