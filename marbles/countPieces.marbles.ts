import { concat, map, mergeMap, NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { countPieces } from '../operators/countPieces.ts';
import { handshake } from '../operators/handshake.ts';
import type { Peer } from '../src/contracts/peer.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { MAX_PIECES } from '../src/torrent/metainfo/limits.ts';
import { drawn, type Stage } from './index.ts';

const peerId = new TextEncoder().encode('-RX0001-ourselves---');
const malformed = { name: 'PeerError', code: 'malformed' };

/**
 * A peer that is connected before the number of pieces, two, is known, at `k`. What the peer has is emitted then, and
 * after each message.
 */
const met = (
  stage: Stage,
  lane: string,
  known: string,
  values: Readonly<Record<string, Uint8Array | Message>> = {},
  fast = false,
): Observable<string> => {
  const wire = stage.wire(lane, values, { fast });
  const has = ({ state }: Peer): string => [0, 1].map((piece) => (state.have.has(piece) ? '*' : '.')).join('');
  return concat(of(wire), NEVER).pipe(
    handshake({ infoHash: stage.torrent.infoHash, peerId }),
    mergeMap((peer) =>
      stage.cold(known).pipe(
        map(() => peer),
        countPieces(2),
        mergeMap(() => concat(of(has(peer)), peer.messages$.pipe(map(() => has(peer))))),
      ),
    ),
  );
};
const counts = { '0': '..', '1': '*.', '2': '.*', '3': '**' };

describe('countPieces', () => {
  it(
    'checks what the peer has sent until then; later messages are checked as always',
    drawn((stage) => {
      stage.gives(met(stage, 'h-B---H-', '-----k', { B: stage.words.bitfield(1) }), '^------!').toBe('-----23', counts);
      stage.gives(met(stage, 'h-H---H-', '-----k', { H: stage.words.have(1) }), '    ^------!').toBe('-----22', counts);
      stage.gives(met(stage, 'h-----B-', '-----k', { B: stage.words.bitfield(1) }), '^------!').toBe('-----02', counts);
      stage
        .gives(met(stage, 'h-a---U-', '-----k', { a: { type: 'haveAll' } }, true), '^------!')
        .toBe('-----33', counts);
      stage
        .gives(met(stage, 'h-n-H---', '-----k', { n: { type: 'haveNone' } }, true), '^------!')
        .toBe('-----1', counts);
    }),
  );

  it(
    'ends it if there are not so many, or more; spare bits, and what is allowed of no piece, are borne with',
    drawn((stage) => {
      const nine: Message = { type: 'bitfield', bytes: new Uint8Array(2) };
      const spare: Message = { type: 'bitfield', bytes: Uint8Array.of(0xa0) };
      stage.gives(met(stage, 'h-B', '-----k', { B: nine })).toBe('            -----#', undefined, malformed);
      stage.gives(met(stage, 'h-B', '-----k', { B: spare })).toBe('           -----1', counts);
      stage.gives(met(stage, 'h-H', '-----k', { H: stage.words.have(2) })).toBe('-----#', undefined, malformed);
      stage.gives(met(stage, 'h-A', '-----k', { A: { type: 'allowedFast', piece: 2 } }, true)).toBe('-----0', counts);
      stage.gives(met(stage, 'h-----H', '-----k', { H: stage.words.have(2) })).toBe('-----0#', counts, malformed);
    }),
  );

  it(
    'is not waited for with what no torrent can have',
    drawn((stage) => {
      const endless: Message = { type: 'bitfield', bytes: new Uint8Array(MAX_PIECES / 8 + 1) };
      stage.gives(met(stage, 'h-B', '-----k', { B: endless })).toBe('--#', undefined, malformed);
      stage
        .gives(met(stage, 'h-H', '-----k', { H: { type: 'have', piece: MAX_PIECES } }))
        .toBe('--#', undefined, malformed);
      stage.gives(met(stage, 'h-BUBBBBBBBBB', '--------------k', {})).toBe('------------#', undefined, malformed);
    }),
  );

  it(
    'changes nothing of a peer of which it was known, waits, ends and fails with its source',
    drawn(({ peer, gives, cold }) => {
      const one = peer('B');
      gives(of(one).pipe(countPieces(7))).toBe('       (p|)');
      gives(NEVER.pipe(countPieces(7)), '^--!').toBe('      -');
      gives(cold<Peer>('--|').pipe(countPieces(7))).toBe('--|');
      gives(cold<Peer>('--#').pipe(countPieces(7))).toBe('--#');
    }),
  );
});
