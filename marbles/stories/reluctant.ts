import {
  concat,
  concatMap,
  EMPTY,
  filter,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  take,
  tap,
  timer,
} from 'rxjs';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import type { BlockRange, Message } from '../../src/protocol/peer/messages.ts';
import { honest, type Player, type Said, type Word } from '../index.ts';

type Request = BlockRange<'request'>;

/** A seed that answers at once and keeps back nothing, as one on the same machine does. */
export const prompt: Player = honest({ latency: 1, fast: true });

const isRequest = (word: Word): word is Request => word.type === 'request';
const nameOf = ({ piece, begin }: Omit<Request, 'type'>): string => `${piece} ${begin}`;

/**
 * A seed of so many bytes a second that unchokes after `unchokes` milliseconds, and does not send what is cancelled in
 * time.
 */
export const throttled =
  (bytesPerSecond: number, { unchokes = 0 }: { readonly unchokes?: number } = {}): Player =>
  (heard$, cast) => {
    const waiting = new Set<string>();
    const sent = (request: Request): Observable<Request> =>
      timer((request.length / bytesPerSecond) * 1000).pipe(
        filter(() => waiting.delete(nameOf(request))),
        map(() => request),
      );
    const requests$ = heard$.pipe(
      filter(isRequest),
      tap((request) => waiting.add(nameOf(request))),
      concatMap((request) => (waiting.has(nameOf(request)) ? sent(request) : EMPTY)),
    );
    const others$ = heard$.pipe(
      filter((word) => !isRequest(word)),
      tap((word) => word.type === 'cancel' && waiting.delete(nameOf(word))),
      mergeMap((word) => (word.type === 'interested' ? timer(unchokes).pipe(map(() => word)) : of(word))),
    );
    return prompt(merge(others$, requests$), cast);
  };

/** Greets, one byte every so many milliseconds, and then waits. */
export const drips =
  (every: number): Player =>
  (_, { torrent: { infoHash }, id: peerId }) => {
    const bytes = encodeHandshake({ infoHash, peerId });
    const dripping$ = timer(0, every).pipe(
      take(bytes.length),
      map((n) => bytes.subarray(n, n + 1)),
    );
    return concat(dripping$, NEVER);
  };

/** Unchokes us, and gives nothing. */
export const stalls: Player = (heard$, cast) => prompt(heard$.pipe(filter((word) => !isRequest(word))), cast);

/** Shakes hands, and says no more. */
export const greetsOnly: Player = (heard$, cast) =>
  prompt(heard$, cast).pipe(filter((said) => !(said instanceof Uint8Array) && said.type === 'handshake'));

/** Says instead of a block what `answer` makes of it. */
export const answers =
  (answer: (block: Extract<Message, { type: 'piece' }>) => readonly Said[], player: Player = prompt): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(
      mergeMap((said) => (!(said instanceof Uint8Array) && said.type === 'piece' ? answer(said) : [said])),
    );

/** Spoils the nth of the blocks that it is asked for, counted from 1, if `which` says so. */
export const lies = (which: (nth: number, piece: number) => boolean, player: Player = prompt): Player => {
  let nth = 0;
  const spoilt = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 0 ? ~byte : byte));
  return answers((block) => [which(++nth, block.piece) ? { ...block, bytes: spoilt(block.bytes) } : block], player);
};
