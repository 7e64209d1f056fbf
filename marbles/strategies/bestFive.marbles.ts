/**
 * The best five of many: everyone is tried for ten seconds, then only the five who gave most are kept.
 *
 * Few fast connections cost less than many slow ones: for machines with little memory, and routers that dislike crowds.
 */
import {
  finalize,
  mergeMap,
  NEVER,
  type Observable,
  type OperatorFunction,
  pipe,
  Subject,
  takeWhile,
  throwError,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import {
  AddressBook,
  assemblePieces,
  banLiars,
  converse,
  disconnect,
  type Expulsion,
  handshake,
  keepAlive,
  requestBlocks,
  swarm,
  verifyPieces,
  whenUnchoked,
  writePieces,
} from '../../operators/index.ts';
import {
  type Env,
  type Peer,
  type PeerAddress,
  PeerError,
  type PieceOutcome,
  scoped,
  type Torrent,
  downloadState,
} from '../../src/index.ts';
import { drawn, honest } from '../index.ts';

const TRIAL = 10_000;

/** Hangs up, when the trial is over, on whoever is not among the best. */
const best = (many: number): OperatorFunction<Peer, never> => {
  const crowd = new Set<Peer>();
  const isBest = ({ state }: Peer): boolean =>
    [...crowd].filter((other) => other.state.downloaded > state.downloaded).length < many;
  return mergeMap((peer) => {
    crowd.add(peer);
    return timer(TRIAL).pipe(
      mergeMap(() => (isBest(peer) ? NEVER : throwError(() => new PeerError('useless', 'others are faster')))),
      finalize(() => crowd.delete(peer)),
    );
  });
};

const bestFive = (torrent: Torrent, env: Env, peers$: Observable<PeerAddress>): Observable<PieceOutcome> =>
  scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
    const { picker, drafts, identity, wake$ } = downloadState(torrent, env);
    const book = new AddressBook<PeerAddress>();
    const expelled$ = new Subject<Expulsion>();
    const conversation = converse(
      pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })),
      best(5),
      keepAlive(),
      disconnect(expelled$),
    );
    return peers$.pipe(
      swarm((address) => env.connect(address).pipe(handshake(identity), conversation), {
        book,
        maxPeers: 50,
      }),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      banLiars({ book, expelled: expelled$ }),
      writePieces(storage, picker),
      takeWhile(() => !picker.complete, true),
    );
  });

describe('the best five of many', () => {
  it(
    'hangs up on the slow ones when the trial is over, and on nobody else',
    drawn(
      ({ torrent, world, cold, happens, watch }) => {
        // Of eight the second, the fourth and the seventh are slow.
        const paces = [50, 400, 60, 500, 70, 55, 450, 65];
        const there = world({
          peers: Object.fromEntries(
            paces.map((pace, nth) => [`10.1.0.${nth + 1}:7000`, honest({ latency: nth, pace })]),
          ),
        });
        const addresses = Object.fromEntries(
          paces.map((_, nth) => [nth + 1, { host: `10.1.0.${nth + 1}`, port: 7000, source: 'manual' }]),
        );
        watch(bestFive(torrent, there.env, cold('(12345678)', addresses as Record<string, PeerAddress>)), '^ 12s !');
        happens(there.dials).toBe('  -(abcdefgh)');
        happens(there.hangups).toBe('10003ms b-d--g 1992ms (acefh)');
      },
      { torrent: { pieces: 3000, blocksPerPiece: 1 } },
    ),
  );
});
