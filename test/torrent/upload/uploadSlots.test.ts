import { describe, expect, it } from 'vitest';
import { Choker } from '../../../src/torrent/upload/choker.ts';
import { UploadSlots } from '../../../src/torrent/upload/uploadSlots.ts';

describe('upload slots to begin with', () => {
  it('are few while there is something to download, so that each peer soon has a piece to pass on', () => {
    expect(new UploadSlots().count).toBe(4);
  });

  it('are more of a seed, once and for all, and never fewer than there were', () => {
    let seeding = false;
    const choker = new Choker({ random: () => 0, pieceLength: 16_384, seeding: () => seeding });
    expect(choker.slots).toBe(4);
    seeding = true;
    expect(choker.slots).toBe(8);
    const slots = new UploadSlots();
    for (let round = 1; round <= 6; round++) slots.follow(round * 1_000_000, slots.count, 3);
    expect(slots.count).toBe(10);
    slots.seeds();
    expect(slots.count).toBe(10);
    for (let round = 0; round < 4; round++) slots.follow(1000, slots.count, 0);
    slots.seeds();
    expect(slots.count).toBe(6);
    slots.check();
  });
});
