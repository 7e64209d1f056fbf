import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TorrentMarks } from '../../../src/discovery/inbound/torrentMarks.ts';
import { torrentMark } from '../../../src/protocol/mse/mseKeys.ts';

const hash = (n: number): Uint8Array => new Uint8Array(20).fill(n);

describe('marks of torrents', () => {
  it('lead to the torrents that are there, whenever they were added', () => {
    const step = fc.record({ torrent: fc.nat(5), what: fc.constantFrom('add', 'remove', 'find') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const marks = new TorrentMarks();
        const uses = new Map<number, number>();
        for (const { torrent, what } of steps) {
          const used = uses.get(torrent) ?? 0;
          if (what === 'add') {
            marks.add(hash(torrent));
            uses.set(torrent, used + 1);
          } else if (what === 'remove') {
            marks.remove(hash(torrent));
            uses.set(torrent, Math.max(0, used - 1));
          } else {
            expect(marks.find(torrentMark(hash(torrent)))).toEqual(used > 0 ? hash(torrent) : undefined);
          }
          marks.check();
        }
      }),
    );
  });
});
