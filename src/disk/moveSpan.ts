import fs from 'node:fs';
import type { Quickness } from './quickness.ts';
import type { Span } from './spans.ts';

export type Moved = (error: Error | null, count?: number) => void;

/** Reads into `into` what the file has of `span`; `count` bytes of it are there already. */
export const readSpan = (fd: number, into: Uint8Array, span: Span, count: number, done: Moved): void => {
  fs.read(fd, into, span.from + count, span.length - count, span.at + count, (error, read) => {
    if (error || read === 0 || count + read === span.length) done(error, count + read);
    else readSpan(fd, into, span, count + read, done);
  });
};

/** Writes `span` of `bytes`; `count` bytes of it are written already. At once if the disk is that quick, so `done` may be called before it returns. */
export const writeSpan = (fd: number, bytes: Uint8Array, span: Span, count: number, disk: Quickness, done: Moved): void => {
  const began = performance.now();
  const length = span.length - count;
  const ended = (error: Error | null, written: number): void => {
    if (error) disk.failed();
    else disk.wrote(written, performance.now() - began);
    if (error || written === length) done(error, count + written);
    else if (written === 0) done(new Error('nothing written'));
    else writeSpan(fd, bytes, span, count + written, disk, done);
  };
  if (!disk.trusts(length)) return fs.write(fd, bytes, span.from + count, length, span.at + count, ended);
  let written = 0;
  try {
    written = fs.writeSync(fd, bytes, span.from + count, length, span.at + count);
  } catch (error) {
    return ended(error as Error, 0);
  }
  ended(null, written);
};
