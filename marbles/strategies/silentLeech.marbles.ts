/**
 * A leech in silence: nobody learns which pieces we have.
 *
 * Another conversation: all that a download says to a peer but `advertise`. For measuring a swarm without taking part
 * in it, and for those who would not be told apart by what they hold; whoever wants to give back leaves it in.
 */
import { type Observable, pipe, Subject, takeWhile } from 'rxjs';
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
  download,
  type Env,
  inOrder,
  type PeerAddress,
  type PieceOutcome,
  scoped,
  type Torrent,
  downloadState,
} from '../../src/index.ts';
import { drawn, honest, overheard } from '../index.ts';

const silently = (torrent: Torrent, env: Env, peers$: Observable<PeerAddress>): Observable<PieceOutcome> =>
  scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
    const { picker, drafts, identity, wake$ } = downloadState(torrent, env, { order: inOrder });
    const book = new AddressBook<PeerAddress>();
    const expelled$ = new Subject<Expulsion>();
    const conversation = converse(
      pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })),
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

/** They have but one piece each, so that the other one's is worth telling. */
const peers = { '10.1.0.1:7000': honest({ has: [0], pace: 2 }), '10.1.0.2:7000': honest({ has: [1], pace: 20 }) };
const second: PeerAddress = { host: '10.1.0.2', port: 7000, source: 'manual' };

describe('a leech in silence', () => {
  it(
    'says no word of what it has',
    drawn((stage) => {
      const listener = overheard(stage, peers['10.1.0.2:7000']);
      const { env } = stage.world({ peers: { ...peers, '10.1.0.2:7000': listener.player } });
      const addresses$ = stage.cold('(ab)', { a: { ...second, host: '10.1.0.1' }, b: second });
      stage.sends(listener).toBe('                                --h----I----(RR)');
      stage.gives(silently(stage.torrent, env, addresses$)).toBe('23ms s 35ms (s|)');
    }),
  );

  it(
    'where others tell each piece as soon as it is stored',
    drawn((stage) => {
      const listener = overheard(stage, peers['10.1.0.2:7000']);
      const { env } = stage.world({ peers: { ...peers, '10.1.0.2:7000': listener.player } });
      stage.watch(download(stage.torrent, env, { target: { folder: '.' } }));
      stage.sends(listener).toBe('---------h----I----(RR)-------H 35ms H');
    }),
  );
});
