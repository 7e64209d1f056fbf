import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';

/** What we say we can read. Raw `deflate` means two different things in the wild, so it isn't asked for. */
export const ACCEPTED_ENCODINGS = 'gzip, br';

/** The plain body, or undefined for a coding that is not known. A stream, so that a bomb is met chunk by chunk. */
export const inflate = (response: IncomingMessage): Readable | undefined => {
  const coding = (response.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') return response;
  if (coding === 'br') return response.pipe(createBrotliDecompress());
  return coding === 'gzip' || coding === 'x-gzip' || coding === 'deflate' ? response.pipe(createUnzip()) : undefined;
};
