import { describe, expect, it } from 'vitest';
import { contentOf } from './content.ts';
import { addresses, peer, peers, tracker } from './fixture.ts';
import type { Conduct, RealPeer } from './realPeer.ts';
import { count, run } from './run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('a download over real sockets', () => {
  it('one file from one seed, through a tracker', async () => {
    const content = contentOf({ length: 3 * MiB + 12_345, pieceLength: 256 * KiB });
    const seed = await peer(content);
    const tiny = await tracker([seed]);
    const ran = await run(content, { trackers: [[tiny.url]] });
    expect(ran.done).toBe(true);
    expect(ran.sha256).toBe(content.sha256);
    expect([...seed.given.values()].every((times) => times === 1)).toBe(true);
    expect(ran.progress).toMatchObject({ phase: 'done', pieces: 13, stored: content.bytes.length, wasted: 0 });
    expect(tiny.events.slice(0, 2)).toEqual(['started', 'completed']);
    expect(tiny.left).toBe(0);
  });

  it('a folder from 24 peers', async () => {
    const content = contentOf({
      name: 'folder',
      pieceLength: 64 * KiB,
      files: [
        { path: ['a'], length: 1 },
        { path: ['empty'], length: 0 },
        { path: ['b', 'c'], length: 5 * MiB + 1 },
        { path: ['b', 'd'], length: 63 * KiB },
        { path: ['b', 'zero'], length: 0 },
        { path: ['e'], length: 3 * MiB },
      ],
    });
    const seeds = await peers(content, new Array<Conduct>(24).fill({ bytesPerSecond: 512 * KiB }));
    const ran = await run(content, { trackers: [[(await tracker(seeds)).url]] });
    expect(ran.sha256).toBe(content.sha256);
    expect(seeds.filter(({ given }) => given.size > 0).length).toBeGreaterThanOrEqual(20);
    expect(ran.progress.wasted).toBeLessThan(MiB);
  });

  it('partial seeds that hold the only copies, each some of them', async () => {
    const content = contentOf({ length: 40 * 32 * KiB - 7 });
    const partial = new Array(20).fill(0).map((_, n): Conduct => ({ have: [n, n + 20], fast: n % 2 === 0 }));
    const ran = await run(content, { peers: addresses(await peers(content, partial)) });
    expect(ran.sha256).toBe(content.sha256);
    expect(count(ran, 'stored')).toBe(40);
  });

  it('pieces that a peer comes by while it is connected', async () => {
    const content = contentOf({ length: 10 * 32 * KiB });
    const growing = await peer(content, {
      have: [0],
      onHandshake: (talk) => {
        talk.sayWhatThereIs();
        for (let piece = 1; piece < 10; piece++) talk.after(30 * piece, () => talk.send({ type: 'have', piece }));
        return true;
      },
    });
    const ran = await run(content, { peers: [growing.address] });
    expect(ran.sha256).toBe(content.sha256);
  });

  it('a seed that leaves in the middle of a piece', async () => {
    const content = contentOf({ length: 2 * MiB, pieceLength: 256 * KiB });
    const [leaving, staying] = await peers(content, [{ leaveAfter: 37 }, { unchokeAfter: 300, fast: false }]);
    const ran = await run(content, { peers: addresses([leaving, staying] as RealPeer[]) });
    expect(ran.sha256).toBe(content.sha256);
    expect(leaving?.given.size).toBe(37);
    expect(ran.progress.wasted).toBe(0);
  });

  it('two downloads at once in one process', async () => {
    const [one, two] = [
      contentOf({ length: 2 * MiB, seed: 1 }),
      contentOf({ length: 2 * MiB + 1, pieceLength: 128 * KiB, seed: 2 }),
    ];
    const [seedOfOne, seedOfTwo] = [await peer(one), await peer(two)];
    const [a, b] = await Promise.all([
      run(one, { peers: [seedOfOne.address] }),
      run(two, { peers: [seedOfTwo.address] }),
    ]);
    expect([a.sha256, b.sha256]).toEqual([one.sha256, two.sha256]);
  });

  it.each([
    [16 * KiB, 16 * KiB * 5 + 1],
    [32 * KiB, 32 * KiB * 3 + 16 * KiB + 1],
    [48 * KiB, 48 * KiB * 3 - 1],
    [20_000, 20_000 * 7 + 16_385],
    [1, 40],
    [MiB, 3 * MiB + 5],
    [4 * MiB, 9 * MiB + 16 * KiB - 3],
    [4 * MiB, 17],
  ])('pieces of %i bytes, %i in all', async (pieceLength, length) => {
    const content = contentOf({ length, pieceLength });
    const two = await peers(content, [{}, { fast: false }]);
    const ran = await run(content, { peers: addresses(two) });
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.progress.stored).toBe(length);
  });

  it('padding files, which are never written', async () => {
    const content = contentOf({
      name: 'padded',
      pieceLength: 32 * KiB,
      files: [
        { path: ['a'], length: 20_000 },
        { path: ['.pad', '1'], length: 12_768, padding: true },
        { path: ['b'], length: 40_000 },
        { path: ['.pad', '2'], length: 25_536, padding: true },
        { path: ['c'], length: 5 },
      ],
    });
    const ran = await run(content, { peers: [(await peer(content)).address] });
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.progress.stored).toBe(content.bytes.length);
  });

  it('with memory for two pieces only', async () => {
    const content = contentOf({ length: 6 * MiB, pieceLength: 512 * KiB });
    const some = await peers(content, new Array<Conduct>(6).fill({ bytesPerSecond: 2 * MiB }));
    const ran = await run(content, { peers: addresses(some), memory: 1 });
    expect(ran.sha256).toBe(content.sha256);
  });

  it('nothing is fetched when all is there', async () => {
    const content = contentOf({ length: MiB });
    const seed = await peer(content);
    const { folder } = await run(content, { peers: [seed.address] });
    seed.forget();
    const again = await run(content, { target: { folder }, peers: [seed.address] });
    expect(again.done).toBe(true);
    expect(count(again, 'rechecked')).toBe(0);
    expect(seed.asked.size).toBe(0);
    const checked = await run(content, { target: { folder }, peers: [seed.address], recheck: true });
    expect(count(checked, 'rechecked')).toBe(32);
    expect(seed.asked.size).toBe(0);
  });
});
