import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';

/** The codings we accept. Raw `deflate` means two different things in the wild, so we don't ask for it. */
export const ACCEPTED_ENCODINGS = 'gzip, br';

/** The plain body, or undefined for an unknown coding. A stream, so that the limit stops a decompression bomb early. */
export const inflate = (response: IncomingMessage): Readable | undefined => {
  const coding = (response.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') return response;
  if (coding === 'br') return response.pipe(createBrotliDecompress());
  return coding === 'gzip' || coding === 'x-gzip' || coding === 'deflate' ? response.pipe(createUnzip()) : undefined;
};
