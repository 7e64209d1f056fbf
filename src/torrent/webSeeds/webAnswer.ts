import { RxTorrentError } from '../../protocol/encoding/rxTorrentError.ts';

/**
 * Why a web seed did not give what was asked: `absent`, it does not have this file; `busy`, not now; `useless`, it
 * does not answer as a web seed does.
 */
export type WebSeedCode = 'absent' | 'busy' | 'useless';

/** A web seed did not give what it was asked for. This error never leaves `webSeed`. */
export class WebSeedError extends RxTorrentError<WebSeedCode> {
  override readonly name = 'WebSeedError';
  /** Milliseconds until the server wants to be asked again, if it has said so. */
  readonly retryIn: number | undefined;

  constructor(code: WebSeedCode, message: string, retryIn?: number) {
    super(code, message);
    this.retryIn = retryIn;
  }
}

/** Bytes asked for, of a file of `size` bytes. */
export interface Asked {
  readonly start: number;
  readonly length: number;
  readonly size: number;
}

/** What of a file the body is: its first byte, and the byte after its last one. */
export interface BodyRange {
  readonly begin: number;
  readonly end: number;
}

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The longest time that a server may ask us to wait, in milliseconds. */
const MAX_WAIT = 3_600_000;

/** Seconds or a date (RFC 9110, 10.2.3), as milliseconds from `now`. */
export const retryAfter = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined;
  const wait = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(MAX_WAIT, Math.max(0, wait));
};

const ABSENT = new Set([401, 402, 403, 404, 405, 406, 410, 416, 451]);
const isBusy = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;

/**
 * Which bytes of the file an answer has; they begin no later than what was asked for.
 *
 * @throws WebSeedError
 */
export const bodyOf = ({ status, headers }: Head, { start, length, size }: Asked, now: number): BodyRange => {
  if (status === 206) return partOf(headers, { start, length, size });
  if (status === 200) {
    const said = headers['content-encoding'] === undefined ? headers['content-length'] : undefined;
    if (said !== undefined && Number(said) !== size)
      throw new WebSeedError('absent', `the file has ${said} bytes there, ${size} were expected`);
    return { begin: 0, end: size };
  }
  const what = `HTTP status ${status}`;
  if (isBusy(status)) throw new WebSeedError('busy', what, retryAfter(headers['retry-after'], now));
  throw new WebSeedError(ABSENT.has(status) ? 'absent' : 'useless', what);
};

const partOf = (headers: Head['headers'], { start, length, size }: Asked): BodyRange => {
  if (headers['content-encoding'] !== undefined) throw new WebSeedError('useless', 'a part of a compressed file');
  const range = headers['content-range'] ?? '';
  const [, first, last, total] = /^\s*bytes\s+(\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)\s*$/i.exec(range) ?? [];
  if (first === undefined) throw new WebSeedError('useless', 'status 206 without a valid Content-Range');
  if (total !== '*' && Number(total) !== size)
    throw new WebSeedError('absent', `the file has ${total} bytes there, ${size} were expected`);
  const [begin, end] = [Number(first), Number(last) + 1];
  if (begin > start || end <= start || end > start + length || begin < start)
    throw new WebSeedError('useless', `bytes ${first}-${last} came instead of ${start}-${start + length - 1}`);
  return { begin, end };
};
