import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedFastSet } from '../../../src/protocol/peer/allowedFast.ts';

const aa = new Uint8Array(20).fill(0xaa);

describe('the pieces that may be had while choked', () => {
  it('are those of the examples of BEP 6', () => {
    expect(allowedFastSet('80.4.4.200', aa, 1313, 7)).toEqual([1059, 431, 808, 1217, 287, 376, 1188]);
    expect(allowedFastSet('80.4.4.200', aa, 1313, 9)).toEqual([1059, 431, 808, 1217, 287, 376, 1188, 353, 508]);
  });

  it('are the same for a whole network', () => {
    expect(allowedFastSet('80.4.4.1', aa, 1313)).toEqual(allowedFastSet('80.4.4.254', aa, 1313));
    expect(allowedFastSet('80.4.5.1', aa, 1313)).not.toEqual(allowedFastSet('80.4.4.1', aa, 1313));
  });

  it.each(['::1', 'peer.test', ''])('are none for %j', (host) => expect(allowedFastSet(host, aa, 100)).toEqual([]));

  it('are as many as there are, each once, in any torrent', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.nat(200),
        fc.nat(20),
        (host, infoHash, pieceCount, count) => {
          const pieces = allowedFastSet(host, infoHash, pieceCount, count);
          expect(pieces.length).toBe(Math.min(count, pieceCount));
          expect(new Set(pieces).size).toBe(pieces.length);
          expect(pieces.every((piece) => Number.isInteger(piece) && piece >= 0 && piece < pieceCount)).toBe(true);
        },
      ),
    );
  });
});
