import { describe, expect, it } from 'vitest';
import { sha1 } from '../../src/protocol/encoding/id.ts';
import { METADATA_PIECE } from '../../src/protocol/peer/utMetadata.ts';
import { EXPIRES, MetadataDraft } from '../../src/torrent/metadata/metadataDraft.ts';
import type { MetadataSource } from '../../src/torrent/metadata/metadataPeer.ts';
import { MAX_INFO_BYTES } from '../../src/torrent/metainfo/metainfo.ts';

const info = Uint8Array.from({ length: 2 * METADATA_PIECE + 5 }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
const part = (piece: number): Uint8Array => info.slice(piece * METADATA_PIECE, (piece + 1) * METADATA_PIECE);
const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;

/** A peer in whose hands nothing moves by itself. */
class Doll implements MetadataSource {
  readonly asked: number[] = [];
  got: Uint8Array | undefined;
  ask(piece: number): void {
    this.asked.push(piece);
  }
  whole(metadata: Uint8Array): void {
    this.got = metadata;
  }
}

describe('one that does not say how large it is', () => {
  const begun = () => {
    const draft = new MetadataDraft(sha1(info));
    const a = new Doll();
    draft.unsized(a, 0);
    const give = (piece: number, more: { size?: number; bytes?: Uint8Array } = {}, now = 10) =>
      draft.received(a, { piece, bytes: part(piece), ...more }, now);
    return { draft, a, give };
  };

  it('is asked for nothing but the first piece until that says so, and only once at a time', () => {
    const { draft, a, give } = begun();
    draft.refill(1);
    draft.unsized(a, 2);
    expect(a.asked).toEqual([0]);
    expect(give(1, { size: info.length })).toBe('unasked');
    expect(give(0, { size: info.length })).toBe('kept');
    expect(a.asked).toEqual([0, 1, 2]);
    draft.check();
    give(1);
    expect(give(2)).toBe('kept');
    expect(same(a.got, info)).toBe(true);
  });

  it('may be of no use, and is asked again, later each time', () => {
    const { draft, a, give } = begun();
    for (let now = 0; now < 120_000; now += 1_000) {
      draft.tick(a, now);
      give(0, {}, now);
    }
    expect(a.asked.length).toBeLessThan(10);
    expect(a.asked.every((piece) => piece === 0)).toBe(true);
  });

  it.each([MAX_INFO_BYTES + 1, 5, 0, -1])('can not be of %i bytes', (size) => {
    const { draft, a, give } = begun();
    expect(give(0, { size })).toBe('wrong');
    expect(draft.lied(a)).toBe(false);
    draft.check();
  });

  it('is no liar when all is there, and a silent one is not given up', () => {
    const { draft, a } = begun();
    for (let now = 0; now < 20 * EXPIRES; now += 1_000) expect(draft.tick(a, now)).toBe(true);
    draft.adopt(info);
    expect([same(a.got, info), draft.lied(a)]).toEqual([true, false]);
  });

  it('that says it later is asked on, and what was asked before counts', () => {
    const { draft, a, give } = begun();
    draft.claims(a, info.length, 5);
    expect(a.asked).toEqual([0, 1, 2]);
    expect(give(0)).toBe('kept');
    draft.check();
  });
});
