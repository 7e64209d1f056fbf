import {
  NEVER,
  type Observable,
  concat,
  concatMap,
  defer,
  delay,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
  takeWhile,
  timer,
} from 'rxjs';
import type { Torrent } from '../src/torrent/metainfo/metainfo.ts';
import { BLOCK, type Geometry } from '../src/torrent/geometry.ts';
import type { Word } from './speech.ts';
import { blockBytes } from './torrent.ts';
import { wordsFor } from './words.ts';

/** What a player knows of the world. */
export interface Cast {
  readonly torrent: Torrent;
  readonly geometry: Geometry;
  /** The player's own 20-byte peer id. */
  readonly id: Uint8Array;
}

/** Words, or bytes that form no word. */
export type Said = Word | Uint8Array;

/** A peer to connect to: a function from what it receives to what it sends. It hangs up by completing. */
export type Player = (heard$: Observable<Word>, cast: Cast) => Observable<Said>;

export interface Manners {
  /** Milliseconds until an answer comes. */
  readonly latency?: number;
  /** Milliseconds from one block to the next. */
  readonly pace?: number;
  /** Pieces that the player has. */
  readonly has?: 'all' | readonly number[];
  /** The player supports the fast extension (BEP 6). */
  readonly fast?: boolean;
}

const isPiece = (said: Said): said is Extract<Word, { type: 'piece' }> =>
  !(said instanceof Uint8Array) && said.type === 'piece';

const bits = { reserved: new Uint8Array(8), extended: false, dht: false };

/** Sends its handshake and what it has, unchokes every interested peer and answers every request. */
export const honest =
  ({ latency = 5, pace = 0, has = 'all', fast = false }: Manners = {}): Player =>
  (heard$, { torrent, geometry, id }) => {
    const pieces = has === 'all' ? Array.from({ length: geometry.pieceCount }, (_, index) => index) : has;
    const answer = (word: Word): Observable<Said> => {
      switch (word.type) {
        case 'handshake':
          return of<Said[]>(
            { type: 'handshake', infoHash: torrent.infoHash, peerId: id, ...bits, fast },
            wordsFor(geometry).bitfield(...pieces),
          );
        case 'interested':
          return of<Said>({ type: 'unchoke' });
        case 'request': {
          const { piece, begin, length } = word;
          const block = (): Said => ({
            type: 'piece',
            piece,
            begin,
            bytes: blockBytes(geometry, piece, begin, length),
          });
          return pace > 0 ? timer(pace).pipe(map(block)) : of(block());
        }
        default:
          return from([]);
      }
    };
    return heard$.pipe(delay(latency), concatMap(answer));
  };

/** Sends its handshake, and chokes for ever. */
export const neverUnchokes =
  (player: Player = honest()): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(filter((said) => said instanceof Uint8Array || said.type !== 'unchoke'));

/** Sends this many blocks and no more, but stays connected. */
export const stallsAfter =
  (blocks: number, player: Player = honest()): Player =>
  (heard$, cast) =>
    defer(() => {
      let given = 0;
      return player(heard$, cast).pipe(filter((said) => !isPiece(said) || ++given <= blocks));
    });

/** Sends this many blocks and hangs up. */
export const hangsUpAfter =
  (blocks: number, player: Player = honest()): Player =>
  (heard$, cast) =>
    defer(() => {
      let given = 0;
      return player(heard$, cast).pipe(takeWhile((said) => !isPiece(said) || ++given < blocks, true));
    });

/** Corrupts the blocks with these numbers, counted from 1; without numbers every block. */
export const corrupts =
  (blocks: readonly number[] = [], player: Player = honest()): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(
      map((said) => {
        if (!isPiece(said)) return said;
        const number = said.piece * cast.geometry.blocksPerPiece + said.begin / BLOCK + 1;
        return blocks.length === 0 || blocks.includes(number)
          ? { ...said, bytes: said.bytes.map((byte) => byte ^ 0xff) }
          : said;
      }),
    );

/** Sends this many blocks, chokes, forgets all requests, and unchokes after `ms` milliseconds. */
export const chokesAfter =
  (blocks: number, ms: number, player: Player = honest()): Player =>
  (heard$, cast) =>
    concat(
      hangsUpAfter(blocks, player)(heard$, cast),
      of<Said>({ type: 'choke' }),
      timer(ms).pipe(ignoreElements()),
      merge(player(heard$, cast), of<Said>({ type: 'unchoke' })),
    );

/** Sends its handshake and, at once, a message that it must not send. */
export const blurts =
  (what: readonly Said[], player: Player = honest()): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(
      mergeMap((said) =>
        !(said instanceof Uint8Array) && said.type === 'handshake' ? from([said, ...what]) : of(said),
      ),
    );

/** Sends a handshake for another torrent. */
export const wrongInfoHash =
  (player: Player = honest()): Player =>
  (heard$, cast) =>
    player(heard$, { ...cast, torrent: { ...cast.torrent, infoHash: new Uint8Array(20).fill(0xee) } });

/** Accepts the connection and sends nothing. */
export const silent = (): Player => () => NEVER;

/** Answers the handshake with malformed bytes. */
export const garbage =
  (bytes: Uint8Array = new Uint8Array(68).fill(0xaa)): Player =>
  (heard$) =>
    heard$.pipe(
      filter(({ type }) => type === 'handshake'),
      delay(5),
      map(() => bytes.slice()),
    );

/**
 * A player that calls us: it sends its handshake first, and ignores the one of its script. `fast`: supports the fast
 * extension (BEP 6).
 */
export const calling =
  (player: Player = honest(), fast = false): Player =>
  (heard$, cast) => {
    const { torrent, id } = cast;
    const isGreeting = (said: Said): boolean => !(said instanceof Uint8Array) && said.type === 'handshake';
    const greeting = of<Said>({ type: 'handshake', infoHash: torrent.infoHash, peerId: id, ...bits, fast });
    return merge(greeting, player(heard$, cast).pipe(filter((said) => !isGreeting(said))));
  };
