import fs from 'node:fs';
import type { Span } from './spans.ts';
import type { Moved } from './spanWriter.ts';

/** Reads into `into` what the file has of `span`; `count` bytes of it are there already. */
export const readSpan = (fd: number, into: Uint8Array, span: Span, count: number, done: Moved): void => {
  fs.read(fd, into, span.from + count, span.length - count, span.at + count, (error, read) => {
    if (error || read === 0 || count + read === span.length) done(error, count + read);
    else readSpan(fd, into, span, count + read, done);
  });
};
