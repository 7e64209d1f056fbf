import fs from 'node:fs';
import type { Span } from './spans.ts';

type Moved = (error: Error | null, count?: number) => void;

/** Reads into `into` what the file has of `span`; `count` bytes of it are there already. */
export const readSpan = (fd: number, into: Uint8Array, span: Span, count: number, done: Moved): void => {
  fs.read(fd, into, span.from + count, span.length - count, span.at + count, (error, read) => {
    if (error || read === 0 || count + read === span.length) done(error, count + read);
    else readSpan(fd, into, span, count + read, done);
  });
};

/** Writes `span` of `bytes`; `count` bytes of it are written already. */
export const writeSpan = (fd: number, bytes: Uint8Array, span: Span, count: number, done: Moved): void => {
  fs.write(fd, bytes, span.from + count, span.length - count, span.at + count, (error, written) => {
    if (error || count + written === span.length) done(error, count + written);
    else if (written === 0) done(new Error('nothing written'));
    else writeSpan(fd, bytes, span, count + written, done);
  });
};
