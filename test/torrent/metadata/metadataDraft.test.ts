import { describe, expect, it } from 'vitest';
import { sha1 } from '../../../src/protocol/encoding/id.ts';
import { METADATA_PIECE } from '../../../src/protocol/peer/utMetadata.ts';
import { EXPIRES, MAX_ASKED, MAX_SILENCES, MetadataDraft } from '../../../src/torrent/metadata/metadataDraft.ts';
import { MAX_INFO_BYTES } from '../../../src/torrent/metainfo/metainfo.ts';
import { Doll, part, same, truth } from './info.ts';

describe('two who are asked together', () => {
  const size = 6 * METADATA_PIECE - 100;
  const info = truth(size);
  const begun = () => {
    const draft = new MetadataDraft(sha1(info));
    const [a, b] = [new Doll(), new Doll()] as const;
    draft.claims(a, size, 0);
    draft.claims(b, size, 0);
    const give = (who: Doll, piece: number, now = 10) =>
      draft.received(who, { piece, size, bytes: part(info, piece) }, now);
    return { draft, a, b, give };
  };

  it('share the work, and both hear of the end', () => {
    const { draft, a, b, give } = begun();
    expect([a.asked, b.asked]).toEqual([[0, 1, 2, 3].slice(0, MAX_ASKED), [4, 5]]);
    for (const piece of [...a.asked]) expect(give(a, piece)).toBe('kept');
    for (const piece of [4, 5]) expect(give(b, piece)).toBe('kept');
    expect(same(draft.metadata, info)).toBe(true);
    expect([same(a.got, info), same(b.got, info)]).toEqual([true, true]);
  });

  it('are asked for what the other keeps, when there is nothing else', () => {
    const { a, b, give } = begun();
    give(b, 4);
    give(b, 5);
    expect(b.asked).toEqual([4, 5, 0]);
    give(b, 0);
    expect(b.asked).toEqual([4, 5, 0, 1]);
    expect(give(a, 0)).toBe('kept');
  });

  it('go on for each other: after a rejection, and when one has left', () => {
    const { draft, a, b, give } = begun();
    draft.rejected(a, 1, 10);
    expect(b.asked).toEqual([4, 5, 1]);
    draft.left(a, 20);
    expect(b.asked).toEqual([4, 5, 1, 0]);
    for (const piece of [4, 5, 1, 0, 2, 3]) expect(give(b, piece, 30)).toBe('kept');
    expect(same(draft.metadata, info)).toBe(true);
  });

  it('are left alone after a rejection, ever longer', () => {
    const draft = new MetadataDraft(sha1(info));
    const a = new Doll();
    draft.claims(a, size, 0);
    const asks: number[] = [];
    for (let now = 0; now < 200_000; now += 250) {
      const before = a.asked.length;
      draft.tick(a, now);
      if (a.asked.length > before) asks.push(now);
      for (const piece of a.asked.slice(-MAX_ASKED)) draft.rejected(a, piece, now);
    }
    expect(asks.length).toBeLessThan(20);
    expect((asks.at(-1) ?? 0) - (asks.at(-2) ?? 0)).toBe(30_000);
  });

  it('are not waited for: what is overdue is asked of the other, what comes late is taken', () => {
    const { draft, a, b, give } = begun();
    give(b, 4);
    give(b, 5);
    draft.tick(b, 1_500);
    expect(b.asked).toEqual([4, 5, 0, 1, 2, 3].slice(0, b.asked.length));
    expect(draft.tick(a, EXPIRES)).toBe(true);
    expect(give(a, 3, EXPIRES + 1)).toBe('kept');
    expect(give(a, 3, EXPIRES + 2)).toBe('unasked');
  });
});

describe('a peer alone', () => {
  const info = truth(3 * METADATA_PIECE + 5);
  const alone = (claim = info.length) => {
    const draft = new MetadataDraft(sha1(info));
    const a = new Doll();
    return { draft, a, claimed: draft.claims(a, claim, 0) };
  };

  it('gives up after silence, and not before', () => {
    const { draft, a } = alone();
    const bore: boolean[] = [];
    for (let now = EXPIRES; now <= MAX_SILENCES * EXPIRES; now += EXPIRES) bore.push(draft.tick(a, now));
    expect(bore).toEqual([true, true, false]);
  });

  it('is not asked for what is too large, whatever it claims', () => {
    const { a, claimed } = alone(MAX_INFO_BYTES + 1);
    expect([claimed, a.asked]).toEqual([false, []]);
  });

  it('lies if its piece is of another length, or of another size, or has another hash', () => {
    const lies: { piece: number; size?: number; bytes: Uint8Array }[] = [
      { piece: 0, bytes: new Uint8Array(5) },
      { piece: 3, bytes: new Uint8Array(6) },
      { piece: 0, size: info.length + 1, bytes: part(info, 0) },
    ];
    for (const lie of lies) {
      const { draft, a } = alone();
      expect(draft.received(a, lie, 1)).toBe('wrong');
    }
    const { draft, a } = alone();
    for (const piece of [0, 1, 2]) expect(draft.received(a, { piece, bytes: part(info, piece) }, 1)).toBe('kept');
    expect(draft.received(a, { piece: 3, bytes: new Uint8Array(5) }, 1)).toBe('wrong');
    expect(draft.received(a, { piece: 3, bytes: part(info, 3) }, 1)).toBe('unasked');
  });

  it('gives nothing that was not asked for', () => {
    const { draft, a } = alone();
    expect(draft.received(a, { piece: 4, bytes: new Uint8Array(1) }, 1)).toBe('unasked');
    expect(draft.received(new Doll(), { piece: 0, bytes: part(info, 0) }, 1)).toBe('unasked');
    expect(draft.received(a, { piece: 0, bytes: part(info, 0) }, 1)).toBe('kept');
    expect(draft.received(a, { piece: 0, bytes: part(info, 0) }, 1)).toBe('unasked');
    draft.rejected(a, 99, 1);
    draft.rejected(new Doll(), 0, 1);
    expect(a.asked).toEqual([0, 1, 2, 3]);
  });

  it('may change its mind about the size: what it gave before counts no more', () => {
    const { draft, a } = alone(info.length + 1);
    draft.received(a, { piece: 0, bytes: part(info, 0) }, 1);
    draft.claims(a, info.length, 2);
    for (const piece of [0, 1, 2, 3]) expect(draft.received(a, { piece, bytes: part(info, piece) }, 3)).toBe('kept');
    expect(same(a.got, info)).toBe(true);
  });

  it('keeps bytes of its own: what was lent may change', () => {
    const { draft, a } = alone();
    for (const piece of [0, 1, 2, 3]) {
      // As sockets give them: their own `slice` copies nothing.
      const lent = Buffer.from(part(info, piece));
      draft.received(a, { piece, bytes: lent }, 1);
      lent.fill(0);
    }
    expect(same(a.got, info)).toBe(true);
  });
});

describe('liars', () => {
  it('that claim one size after another are believed three times, and nothing is kept of it', () => {
    const draft = new MetadataDraft(sha1(truth(100)));
    const liar = new Doll();
    const believed = Array.from({ length: 100 }, (_, n) => draft.claims(liar, 100 + n, 0));
    expect(believed.filter(Boolean).length).toBe(3);
    expect(liar.asked.length).toBe(3);
    draft.check();
  });

  it('who gave a part together with others are found out, and the others believed', () => {
    const info = truth(2 * METADATA_PIECE);
    const size = info.length;
    const draft = new MetadataDraft(sha1(info));
    const [liar, honest] = [new Doll(), new Doll()];
    draft.claims(liar, size, 0);
    expect(draft.received(liar, { piece: 0, bytes: new Uint8Array(METADATA_PIECE) }, 1)).toBe('kept');
    draft.claims(honest, size, 2);
    expect(honest.asked).toEqual([1]);
    // Together it is wrong: from now on each for itself.
    expect(draft.received(honest, { piece: 1, bytes: part(info, 1) }, 3)).toBe('kept');
    expect(honest.asked).toEqual([1, 0]);
    expect(draft.received(liar, { piece: 1, bytes: part(info, 1) }, 4)).toBe('wrong');
    expect(draft.received(honest, { piece: 0, bytes: part(info, 0) }, 5)).toBe('kept');
    expect(same(honest.got, info)).toBe(true);
    expect(draft.lied(honest)).toBe(false);
  });

  it('who claimed another size, or gave other bytes, are known in the end', () => {
    const info = truth(2 * METADATA_PIECE);
    const draft = new MetadataDraft(sha1(info));
    const [one, two, three] = [new Doll(), new Doll(), new Doll()];
    draft.claims(one, info.length + 1, 0);
    draft.claims(two, info.length, 0);
    draft.received(two, { piece: 0, bytes: new Uint8Array(METADATA_PIECE) }, 1);
    draft.claims(three, info.length, 1);
    draft.received(three, { piece: 1, bytes: part(info, 1) }, 2);
    draft.received(three, { piece: 0, bytes: part(info, 0) }, 3);
    expect(same(draft.metadata, info)).toBe(true);
    expect([one, two, three].map((each) => draft.lied(each))).toEqual([true, true, false]);
  });
});
