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
  /** Their own 20-byte peer id. */
  readonly id: Uint8Array;
}

/** Words, or bytes for what no word can say. */
export type Said = Word | Uint8Array;

/** Somebody to connect to: from what they hear to what they say. Completing is hanging up. */
export type Player = (heard$: Observable<Word>, cast: Cast) => Observable<Said>;

export interface Manners {
  /** Milliseconds until an answer comes. */
  readonly latency?: number;
  /** Milliseconds from one block to the next. */
  readonly pace?: number;
  /** Pieces they have. */
  readonly has?: 'all' | readonly number[];
  /** They speak the fast extension (BEP 6). */
  readonly fast?: boolean;
}

const isPiece = (said: Said): said is Extract<Word, { type: 'piece' }> =>
  !(said instanceof Uint8Array) && said.type === 'piece';

const bits = { reserved: new Uint8Array(8), extended: false, dht: false };

/** Greets, tells what it has, unchokes whoever is interested and answers every request. */
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

/** Greets, and chokes for ever. */
export const neverUnchokes =
  (player: Player = honest()): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(filter((said) => said instanceof Uint8Array || said.type !== 'unchoke'));

/** Gives so many blocks and then none, but stays. */
export const stallsAfter =
  (blocks: number, player: Player = honest()): Player =>
  (heard$, cast) =>
    defer(() => {
      let given = 0;
      return player(heard$, cast).pipe(filter((said) => !isPiece(said) || ++given <= blocks));
    });

/** Gives so many blocks and hangs up. */
export const hangsUpAfter =
  (blocks: number, player: Player = honest()): Player =>
  (heard$, cast) =>
    defer(() => {
      let given = 0;
      return player(heard$, cast).pipe(takeWhile((said) => !isPiece(said) || ++given < blocks, true));
    });

/** Spoils the blocks with these numbers, counted from 1; without numbers every one. */
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

/** Gives so many blocks, chokes, forgets what it was asked, and unchokes after `ms` milliseconds. */
export const chokesAfter =
  (blocks: number, ms: number, player: Player = honest()): Player =>
  (heard$, cast) =>
    concat(
      hangsUpAfter(blocks, player)(heard$, cast),
      of<Said>({ type: 'choke' }),
      timer(ms).pipe(ignoreElements()),
      merge(player(heard$, cast), of<Said>({ type: 'unchoke' })),
    );

/** Greets and at once says what it should not. */
export const blurts =
  (what: readonly Said[], player: Player = honest()): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(
      mergeMap((said) =>
        !(said instanceof Uint8Array) && said.type === 'handshake' ? from([said, ...what]) : of(said),
      ),
    );

/** Greets for another torrent. */
export const wrongInfoHash =
  (player: Player = honest()): Player =>
  (heard$, cast) =>
    player(heard$, { ...cast, torrent: { ...cast.torrent, infoHash: new Uint8Array(20).fill(0xee) } });

/** Lets itself be called and says nothing. */
export const silent = (): Player => () => NEVER;

/** Answers the greeting with bytes that mean nothing. */
export const garbage =
  (bytes: Uint8Array = new Uint8Array(68).fill(0xaa)): Player =>
  (heard$) =>
    heard$.pipe(
      filter(({ type }) => type === 'handshake'),
      delay(5),
      map(() => bytes.slice()),
    );

/** Whoever calls greets first, and knows then whom it hears. `fast`: it speaks the fast extension (BEP 6). */
export const calling =
  (player: Player = honest(), fast = false): Player =>
  (heard$, cast) => {
    const { torrent, id } = cast;
    const isGreeting = (said: Said): boolean => !(said instanceof Uint8Array) && said.type === 'handshake';
    const greeting = of<Said>({ type: 'handshake', infoHash: torrent.infoHash, peerId: id, ...bits, fast });
    return merge(greeting, player(heard$, cast).pipe(filter((said) => !isGreeting(said))));
  };
