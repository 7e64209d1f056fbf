/** Bytes from `start` until `end`, which is not one of them. */
export interface Bytes {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `Range` header asks for, of `size` bytes (RFC 9110, 14): one range from here to there, from here on, or the
 * last so many. `none` if there are no such bytes. Undefined for all of them: also if several ranges are asked for, or
 * what stands there is no range, as a server may do.
 */
export const rangeOf = (header: string | undefined, size: number): Bytes | 'none' | undefined => {
  const [, first = '', last = ''] = /^\s*bytes\s*=\s*(\d{0,16})-(\d{0,16})\s*$/i.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'none' : { start: size - count, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'none';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
};
