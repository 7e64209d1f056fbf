import { filter, interval, map, merge, mergeMap, type Observable, of, share, Subject } from 'rxjs';
import { requestBlocks, type RequestBlocksOptions } from '../../operators/requestBlocks.ts';
import type { Block, Peer } from '../../src/contracts/peer.ts';
import type { BlockRange, Message } from '../../src/protocol/peer/messages.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import type { DrawnPeer, Stage } from '../index.ts';

/** An error of a peer, as a drawing compares it. */
export const failed = (code: string): unknown => ({ name: 'PeerError', code });

/** One picker that requests from the beginning to the end, for all peers whose blocks are subscribed to. */
export const asker = ({ geometry }: Stage, options: Partial<RequestBlocksOptions> = {}, memory = Infinity) => {
  const wake$ = new Subject<void>();
  const picker = new PiecePicker(geometry, { random: () => 0, order: inOrder, memory, freed: () => wake$.next() });
  const unchokes = mergeMap((peer: Peer) =>
    peer.messages$.pipe(
      filter(({ type }) => type === 'unchoke'),
      map(() => peer),
    ),
  );
  const blocks = (peers: Observable<Peer>): Observable<Block> =>
    peers.pipe(unchokes, requestBlocks(picker, { wake$, ...options }));
  return { picker, wake$, blocks, blocksOf: (peer: Peer) => blocks(of(peer)) };
};

/** A peer that answers one request every so many milliseconds, in their order, and sends what its lane has. */
export const answering = (
  they: DrawnPeer,
  pace: number,
  answer: (request: BlockRange<'request'>) => Message,
): DrawnPeer => {
  let answered = 0;
  const answers$ = interval(pace).pipe(
    filter(() => answered < they.sent.length),
    map(() => answer(they.sent[answered++]?.value as BlockRange<'request'>)),
  );
  return { ...they, messages$: merge(they.messages$, answers$).pipe(share()) };
};

/** The block that was asked for. */
export const right =
  ({ geometry, words }: Stage) =>
  ({ piece, begin }: BlockRange<'request'>): Message =>
    words.block(piece * geometry.blocksPerPiece + begin / 16384 + 1);
