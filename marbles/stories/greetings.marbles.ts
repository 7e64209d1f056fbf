import { concat, mergeMap, NEVER, of, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { handshake, type Identity } from '../../operators/handshake.ts';
import type { Wire } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { drawn, type Stage } from '../index.ts';

const peerId = new TextEncoder().encode('-RX0001-ourselves---');
const theirId = new TextEncoder().encode('-XX0001-somebody----');
const failed = (code: string): unknown => ({ name: 'PeerError', code });

const us = ({ torrent, geometry }: Stage): Identity => ({
  infoHash: torrent.infoHash,
  peerId,
  pieceCount: geometry.pieceCount,
});
const theirs = ({ torrent }: Stage): Uint8Array => encodeHandshake({ infoHash: torrent.infoHash, peerId: theirId });
const open = (wire: Wire) => concat(of(wire), NEVER);
const words = mergeMap(({ messages$ }: Peer) => messages$);

describe('handshake with peers that have called', () => {
  /** What the peer has sent already arrives as soon as the wire is subscribed to. */
  const early = (wire: Wire, ...chunks: readonly Uint8Array[]): Wire => ({
    ...wire,
    bytes$: concat(chunks, wire.bytes$),
  });

  it(
    'answers what the peer has sent already before anything else is sent',
    drawn((stage) => {
      const wire = stage.wire('--U-|');
      const greeted$ = of(early(wire, theirs(stage).slice(0, 50), theirs(stage).slice(50))).pipe(
        handshake(us(stage)),
        tap((peer) => peer.send({ type: 'interested' })),
        words,
      );
      stage.gives(greeted$).toBe('--U-|');
      stage.sends(wire).toBe('   (hI)');
    }),
  );

  it(
    'waits for the rest of what the peer has begun to send',
    drawn((stage) => {
      const wire = stage.wire('--a', { a: theirs(stage).subarray(48) });
      stage.gives(open(early(wire, theirs(stage).slice(0, 48))).pipe(handshake(us(stage)))).toBe('--p');
      const idle = stage.wire('-');
      stage
        .gives(open(early(idle, theirs(stage).slice(0, 48))).pipe(handshake(us(stage))))
        .toBe('10s #', undefined, failed('timeout'));
    }),
  );

  it(
    'tells ourselves that it is us',
    drawn((stage) => {
      const wire = stage.wire('-');
      const bytes = encodeHandshake({ infoHash: stage.torrent.infoHash, peerId });
      stage.gives(open(early(wire, bytes)).pipe(handshake(us(stage)))).toBe('#', undefined, failed('self'));
      stage.sends(wire).toBe('h');
    }),
  );
});
