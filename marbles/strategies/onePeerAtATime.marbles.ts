/**
 * One peer at a time: the next is called when the one before hangs up, fails, or chokes us for too long.
 *
 * The least that a download can be, and it shows who gives what: for trying out a client, or where connections are
 * dear.
 */
import { catchError, concatMap, EMPTY, type Observable, pipe, Subject, takeWhile } from 'rxjs';
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
  verifyPieces,
  whenUnchoked,
  writePieces,
} from '../../operators/index.ts';
import { type Env, type PeerAddress, type PieceOutcome, scoped, type Torrent, downloadState } from '../../src/index.ts';
import { corrupts, drawn, hangsUpAfter, honest, type Player, type Stage, stallsAfter } from '../index.ts';

const onePeerAtATime = (torrent: Torrent, env: Env, peers$: Observable<PeerAddress>): Observable<PieceOutcome> =>
  scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
    const { picker, drafts, identity, wake$ } = downloadState(torrent, env);
    const book = new AddressBook();
    const expelled$ = new Subject<Expulsion>();
    const conversation = converse(
      pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })),
      keepAlive(),
      disconnect(expelled$),
    );
    const session = (address: PeerAddress) => env.connect(address).pipe(handshake(identity), conversation);
    return peers$.pipe(
      concatMap((address) => session(address).pipe(catchError(() => EMPTY))),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      banLiars({ book, expelled: expelled$ }),
      writePieces(storage, picker),
      takeWhile(() => !picker.complete, true),
    );
  });

const scene = ({ torrent, world, cold }: Stage, first: Player) => {
  const there = world({ peers: { '10.1.0.1:7000': first, '10.1.0.2:7000': honest({ pace: 2 }) } });
  const addresses$ = cold<PeerAddress>('(ab)', {
    a: { host: '10.1.0.1', port: 7000, source: 'manual' },
    b: { host: '10.1.0.2', port: 7000, source: 'manual' },
  });
  return { ...there, outcomes$: onePeerAtATime(torrent, there.env, addresses$) };
};

describe('one peer at a time', () => {
  it(
    'calls nobody else while the first one gives',
    drawn((stage) => {
      const { outcomes$, dials } = scene(stage, honest({ pace: 2 }));
      stage.happens(dials).toBe('  -a');
      stage.gives(outcomes$).toBe('23ms s---(s|)');
    }),
  );

  it(
    'calls the next when one hangs up, and keeps what has come',
    drawn((stage) => {
      const { outcomes$, dials, hangups } = scene(stage, hangsUpAfter(3, honest({ pace: 2 })));
      stage.happens(dials).toBe('  -a 21ms b');
      stage.happens(hangups).toBe('23ms a-------------------b');
      stage.gives(outcomes$).toBe('23ms s-------------------(s|)');
    }),
  );

  it(
    'calls the next when one stops giving',
    drawn((stage) => {
      const { outcomes$, dials } = scene(stage, stallsAfter(3, honest({ pace: 2 })));
      stage.happens(dials).toBe('  -a 61010ms b');
      stage.gives(outcomes$).toBe('23ms s 61008ms (s|)');
    }),
  );

  it(
    'asks again for what was spoilt',
    drawn((stage) => {
      const { outcomes$ } = scene(stage, hangsUpAfter(3, corrupts([1], honest({ pace: 3 }))));
      stage.gives(outcomes$).toBe('25ms s-------------------c----------(s|)');
    }),
  );
});
