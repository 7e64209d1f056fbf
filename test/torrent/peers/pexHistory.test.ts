import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PexPeer } from '../../../src/protocol/peer/utPex.ts';
import { PexHistory } from '../../../src/torrent/peers/pexHistory.ts';

const peer = (n: number): PexPeer => ({ host: `10.0.${n >> 8}.${n & 255}`, port: 1, flags: 0 });
const keys = (peers: readonly { readonly host: string; readonly port: number }[]): string[] =>
  peers.map(({ host, port }) => `${host}:${port}`);

describe('whom a peer was told of', () => {
  it('is told only what has changed, at most fifty and fifty, and knows all in the end', () => {
    const crowd = fc.array(fc.nat(150), { maxLength: 150 });
    fc.assert(
      fc.property(fc.array(crowd, { maxLength: 8 }), crowd, (crowds, last) => {
        const acquaintances = new PexHistory();
        const known = new Set<string>();
        // The last crowd stays until all is told.
        for (const present of [...crowds, ...Array.from({ length: 5 }, () => last)]) {
          const { added, dropped } = acquaintances.news(present.map(peer)) ?? { added: [], dropped: [] };
          expect(added.length <= 50 && dropped.length <= 50).toBe(true);
          for (const key of keys(dropped)) expect(known.delete(key)).toBe(true);
          for (const key of keys(added)) {
            expect(known.has(key)).toBe(false);
            known.add(key);
          }
          expect(acquaintances.size).toBe(known.size);
        }
        expect([...known].sort()).toEqual(keys([...new Set(last)].map(peer)).sort());
        expect(acquaintances.news(last.map(peer))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});
