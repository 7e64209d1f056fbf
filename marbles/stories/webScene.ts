import { defer, from, interval, map, Observable, take, tap } from 'rxjs';
import { webSeed, type WebSeedOptions } from '../../operators/webSeed.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { HttpStream, HttpStreamRequest } from '../../src/contracts/network.ts';
import type { Block, WebSeed } from '../../src/contracts/peer.ts';
import { downloadState } from '../../src/download/state/downloadState.ts';
import type { PieceOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { BLOCK, type Geometry } from '../../src/torrent/geometry.ts';
import { blockBytes, type Stage } from '../index.ts';

const reset = new NetworkError('reset', 'http://web.test/drawn', 'the connection was reset');

export const web = (url = 'http://web.test/drawn', more: Partial<WebSeed> = {}): WebSeed => ({
  url,
  kind: 'url-list',
  given: false,
  address: { host: new URL(url).hostname, port: 80, source: 'web-seed' },
  ...more,
});

/**
 * An answer with the blocks of the lane: digits, counted from 1; `x` is a block that nobody wants to have. At `#` the
 * connection breaks.
 */
export const answer = (
  stage: Stage,
  lane: string,
  { status = 200, headers = {} }: Partial<Pick<HttpStream, 'status' | 'headers'>> = {},
): Observable<HttpStream> =>
  defer(() => {
    const { geometry } = stage;
    const block = (digit: string): Uint8Array => {
      if (digit === 'x') return new Uint8Array(BLOCK).fill(0xee);
      const offset = (Number(digit) - 1) * BLOCK;
      const piece = Math.floor(offset / geometry.pieceLength);
      const begin = offset - geometry.pieceOffset(piece);
      return blockBytes(geometry, piece, begin, geometry.blockSize(piece, begin / BLOCK));
    };
    const digits = lane.replace(/[^0-9x]/g, '').split('');
    const bytes$ = stage
      .cold(lane, Object.fromEntries(digits.map((digit) => [digit, digit])), reset)
      .pipe(map((digit) => Buffer.from(block(digit))));
    return new Observable<HttpStream>((subscriber) => {
      const over = { complete: () => subscriber.complete(), error: (cause: unknown) => subscriber.error(cause) };
      subscriber.next({ status, headers, url: 'http://web.test/', bytes$: bytes$.pipe(tap(over)) });
    });
  });

/** The part of the file that is asked for, as the numbers of its first and last block. */
export const partOf = ({ headers }: HttpStreamRequest): string => {
  const [, first, last] = /bytes=(\d+)-(\d+)/.exec(headers?.['range'] ?? '') ?? [];
  return first === undefined ? '*' : `${Number(first) / BLOCK + 1}-${(Number(last) + 1) / BLOCK}`;
};

/** The status of a part, and what it is a part of: blocks, counted from 1, of a file of `size` bytes. */
export const part = (first: number, last: number, size: number) => ({
  status: 206,
  headers: { 'content-range': `bytes ${(first - 1) * BLOCK}-${last * BLOCK - 1}/${size}` },
});

/** A web server that has a file of whole blocks, and sends one of them every `pace` milliseconds. */
export const servesFile =
  (geometry: Geometry, { pace = 3, spoils = false } = {}) =>
  ({ url, headers: asked }: HttpStreamRequest): Observable<HttpStream> =>
    new Observable((subscriber) => {
      const [, from = '0', to = String(geometry.length - 1)] = /bytes=(\d+)-(\d+)/.exec(asked?.['range'] ?? '') ?? [];
      const [first, last] = [Number(from) / BLOCK, (Number(to) + 1) / BLOCK];
      const block = (nth: number): Uint8Array => {
        const piece = Math.floor((nth * BLOCK) / geometry.pieceLength);
        const begin = nth * BLOCK - geometry.pieceOffset(piece);
        const bytes = blockBytes(geometry, piece, begin, geometry.blockSize(piece, begin / BLOCK));
        return spoils ? bytes.map((byte) => byte ^ 1) : bytes;
      };
      const bytes$ = interval(pace).pipe(
        take(last - first),
        map((nth) => block(first + nth)),
        tap({ complete: () => subscriber.complete() }),
      );
      const headers = { 'content-range': `bytes ${from}-${to}/${geometry.length}` };
      subscriber.next({ status: 206, headers, url, bytes$ });
    });

/** Web seeds, and what they are asked for over time; `answers` is called with each request, counted from 1. */
export const webScene = (
  stage: Stage,
  answers: (request: HttpStreamRequest, nth: number) => Observable<HttpStream>,
  { order, ...options }: Partial<WebSeedOptions> & { readonly order?: PieceOrder } = {},
) => {
  const { env } = stage.world();
  const state = downloadState(stage.torrent, env, { order });
  const asked: { readonly frame: number; readonly kind: 'value'; readonly value: string }[] = [];
  const told: string[] = [];
  const httpStream = (request: HttpStreamRequest): Observable<HttpStream> =>
    defer(() => {
      asked.push({ frame: stage.now(), kind: 'value', value: partOf(request) });
      return answers(request, asked.length);
    });
  const blocks = (...seeds: readonly WebSeed[]): Observable<Block> =>
    from(seeds).pipe(
      webSeed(
        state.picker,
        { httpStream, random: () => 0.5 },
        {
          torrent: stage.torrent,
          wake$: state.wake$,
          failed: (_, message, over) => told.push(`${message}${over ? ' (over)' : ''}`),
          ...options,
        },
      ),
    );
  return { ...state, blocks, asked, told };
};
