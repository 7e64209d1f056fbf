/** The pipe of `operators/README.md`, word for word, with peers that fail and lie. */
import { type Observable, pipe, Subject, takeWhile } from 'rxjs';
import { describe, it } from 'vitest';
import {
  AddressBook,
  assemblePieces,
  banLiars,
  converse,
  disconnect,
  distinctPeers,
  type Expulsion,
  handshake,
  keepAlive,
  requestBlocks,
  swarm,
  verifyPieces,
  whenUnchoked,
  writePieces,
} from '../../operators/index.ts';
import { downloadState, type Env, type PeerAddress, type PieceOutcome, scoped, type Torrent } from '../../src/index.ts';
import { corrupts, drawn, hangsUpAfter, honest, type Player, type Stage } from '../index.ts';

// README: begin
const myDownload = (torrent: Torrent, env: Env, peers$: Observable<PeerAddress>): Observable<PieceOutcome> =>
  scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
    const { picker, drafts, identity, wake$ } = downloadState(torrent, env);
    const book = new AddressBook<PeerAddress>();
    const expelled$ = new Subject<Expulsion>();
    const transfer = pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ }));
    const conversation = converse(transfer, keepAlive(), disconnect(expelled$));
    const session = (address: PeerAddress) => env.connect(address).pipe(handshake(identity), conversation);
    return peers$.pipe(
      distinctPeers(),
      swarm(session, { book, maxPeers: 50 }),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      banLiars({ book, expelled: expelled$ }), // without it, a peer that sends wrong bytes is asked again and again
      writePieces(storage, picker),
      takeWhile(() => !picker.complete, true),
    );
  });
// README: end

const at = (nth: number): PeerAddress => ({ host: `10.1.0.${nth}`, port: 7000, source: 'manual' });

/** Players at `a`, `b`, …, whose addresses the pipe gets at the time of their letter. */
const scene = ({ torrent, world, cold }: Stage, lane: string, players: readonly Player[], hashing = 1) => {
  const there = world({
    peers: Object.fromEntries(players.map((player, n) => [`10.1.0.${n + 1}:7000`, player])),
    hashing,
  });
  const addresses$ = cold(lane, { a: at(1), b: at(2), c: at(3) });
  return { ...there, outcomes$: myDownload(torrent, there.env, addresses$) };
};

const lies = corrupts([], honest({ pace: 2 }));

describe('the pipe of the README', () => {
  it(
    'ends with two honest peers',
    drawn((stage) => {
      const { outcomes$ } = scene(stage, '(ab)', [honest({ pace: 2 }), honest({ latency: 9 })]);
      stage.gives(outcomes$).toBe('23ms s---(s|)');
    }),
  );

  it(
    'hangs up on a peer that sends only wrong bytes, and ends when there is no other',
    drawn((stage) => {
      const { outcomes$, hangups } = scene(stage, '(a|)', [lies]);
      stage.happens(hangups).toBe('22ms a');
      stage.gives(outcomes$).toBe('22ms (c|)');
    }),
  );

  it(
    'ends with all pieces when one of its peers sends wrong bytes, and hangs up on that one alone',
    drawn((stage) => {
      const { outcomes$, hangups } = scene(stage, '(ab)', [lies, honest({ latency: 9, pace: 3 })]);
      stage.happens(hangups).toBe('22ms a--------------------b');
      stage.gives(outcomes$).toBe('22ms c-----------------s--(s|)');
    }),
  );

  it(
    'does not dial again a peer that lied and was gone when that came out',
    drawn((stage) => {
      const liar = hangsUpAfter(2, lies);
      const { outcomes$, dials, hangups } = scene(stage, 'a', [liar], 30);
      stage.happens(dials).toBe('  -a');
      stage.happens(hangups).toBe('21ms a');
      stage.gives(outcomes$, '^ 10m !').toBe('51ms c');
    }),
  );
});
