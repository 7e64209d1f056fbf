import fs from 'node:fs';
import type { Span } from './spans.ts';

type Moved = (error: Error | null, count?: number) => void;

/** Reads `span` of a file into `into`; `count` bytes of it have been read already. */
export const readSpan = (fd: number, into: Uint8Array, span: Span, count: number, done: Moved): void => {
  fs.read(fd, into, span.from + count, span.length - count, span.at + count, (error, read) => {
    if (error || read === 0 || count + read === span.length) done(error, count + read);
    else readSpan(fd, into, span, count + read, done);
  });
};

/** Writes `span` of `parts`, consecutive buffers; `count` bytes of it have been written already. */
export const writeSpan = (fd: number, parts: readonly Uint8Array[], span: Span, count: number, done: Moved): void => {
  const end = (error: Error | null, written: number): void => {
    if (error || count + written === span.length) done(error, count + written);
    else if (written === 0) done(new Error('nothing written'));
    else writeSpan(fd, parts, span, count + written, done);
  };
  const [from, length, at] = [span.from + count, span.length - count, span.at + count];
  const [first] = parts;
  if (first !== undefined && parts.length === 1) fs.write(fd, first, from, length, at, end);
  else fs.writev(fd, viewsOf(parts, from, length), at, end);
};

/** Views of `length` bytes of all `parts`, from byte `from` on. */
const viewsOf = (parts: readonly Uint8Array[], from: number, length: number): Uint8Array[] => {
  const views: Uint8Array[] = [];
  let begin = 0;
  for (const part of parts) {
    const [first, last] = [Math.max(from, begin), Math.min(from + length, begin + part.length)];
    if (first < last) views.push(part.subarray(first - begin, last - begin));
    begin += part.length;
  }
  return views;
};
