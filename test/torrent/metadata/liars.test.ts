import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha1 } from '../../../src/protocol/encoding/id.ts';
import { METADATA_PIECE } from '../../../src/protocol/peer/utMetadata.ts';
import { MAX_ASKED, MAX_COPIES, MetadataDraft } from '../../../src/torrent/metadata/metadataDraft.ts';
import type { MetadataSource } from '../../../src/torrent/metadata/metadataPeer.ts';
import { part, truth } from './info.ts';

/** What they do with a request: a piece, right or wrong, a rejection, or nothing. */
type Manner = 'honest' | 'wrong' | 'silent' | 'rejects' | 'drips' | 'one too large';

/** Milliseconds until the metadata is there, with an honest peer and all these. */
const simulated = (
  size: number,
  manners: readonly Manner[],
  latency: number,
  seed: number,
): { took: number; banned: number; most: number } => {
  const info = truth(size);
  const draft = new MetadataDraft(sha1(info));
  let random = seed;
  const chance = (): number => (random = (random * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x80000000;
  let due: { at: number; run: () => void }[] = [];
  let [now, banned, most] = [0, 0, 0];
  let over = false;
  for (const manner of manners) {
    let gone = false;
    let inFlight = 0;
    const leave = (): void => {
      gone = true;
      draft.left(source, now);
    };
    const source: MetadataSource = {
      ask: (piece) => {
        most = Math.max(most, ++inFlight);
        const answer = (): void => {
          if (gone || over) return;
          inFlight--;
          if (manner === 'silent') return;
          if (manner === 'rejects') return draft.rejected(source, piece, now);
          const bytes = part(info, piece);
          if (manner !== 'honest') bytes[0] = (bytes[0] as number) ^ 1;
          const claim = manner === 'one too large' ? size + 1 : size;
          const sent =
            manner === 'one too large' && piece === Math.ceil(claim / METADATA_PIECE) - 1
              ? new Uint8Array(claim - piece * METADATA_PIECE)
              : bytes;
          if (draft.received(source, { piece, size: claim, bytes: sent }, now) !== 'kept') {
            banned++;
            leave();
          }
          draft.check();
        };
        due.push({ at: now + latency * (0.5 + chance()) + (manner === 'drips' ? 900 : 0), run: answer });
      },
      whole: () => void (over = true),
    };
    draft.claims(source, manner === 'one too large' ? size + 1 : size, now);
    due.push({
      at: 1000,
      run: function tick() {
        if (gone || over) return;
        inFlight = 0;
        if (!draft.tick(source, now)) leave();
        due.push({ at: now + 1000, run: tick });
      },
    });
  }
  while (!over && due.length > 0 && now < 600_000) {
    due.sort((a, b) => a.at - b.at);
    const [first] = due.splice(0, 1);
    now = Math.max(now, first?.at ?? now);
    first?.run();
  }
  due = [];
  expect(over).toBe(true);
  return { took: now, banned, most };
};

describe('R30: an honest peer among liars', () => {
  const manner = fc.constantFrom<Manner>('honest', 'wrong', 'silent', 'rejects', 'drips', 'one too large');

  it('is believed, whoever came before and whatever they do', () => {
    fc.assert(
      fc.property(
        fc.array(manner, { maxLength: 6 }),
        fc.array(manner, { maxLength: 2 }),
        fc.integer({ min: 1, max: 5 * METADATA_PIECE }),
        fc.nat(1000),
        (before, after, size, seed) => {
          const { took, most } = simulated(size, [...before, 'honest', ...after], 50, seed);
          expect(took).toBeLessThan(5_000);
          expect(most).toBeLessThanOrEqual(MAX_ASKED);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[string, Manner[]]>([
    ['two who send other bytes', ['wrong', 'wrong']],
    ['two who claim one byte too much', ['one too large', 'one too large']],
    ['two who say nothing', ['silent', 'silent']],
    [
      'twenty of each kind',
      Array.from({ length: 20 }, (): Manner[] => ['wrong', 'silent', 'rejects', 'drips', 'one too large']).flat(),
    ],
  ])('and %s', (_, liars) => {
    expect(simulated(100_000, [...liars, 'honest'], 50, 7).took).toBeLessThan(5_000);
  });

  it('and a hundred who say nothing: eight at a time are waited for, a second', () => {
    expect(MAX_COPIES).toBe(8);
    expect(simulated(10_000, [...new Array<Manner>(100).fill('silent'), 'honest'], 50, 7).took).toBeLessThan(15_000);
  });
});
