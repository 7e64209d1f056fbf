import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../marbles/random.ts';
import { K, QUIET } from '../../../src/discovery/dht/bucket.ts';
import { commonBits } from '../../../src/discovery/dht/distance.ts';
import { createNodeId } from '../../../src/discovery/dht/nodeId.ts';
import { MAX_MISSED, RoutingTable } from '../../../src/discovery/dht/routingTable.ts';
import { compareDistance, toHex } from '../../../src/protocol/encoding/id.ts';
import { hostOf, idOf, nodeOf, randomBytesOf } from './made.ts';

const own = new Uint8Array(20);
/** A node with so many leading bits in common with our id, which is all zeros. */
const near = (bits: number, n: number) => {
  const id = idOf(n);
  for (let bit = 0; bit <= bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    id[bit >> 3] = bit === bits ? (id[bit >> 3] ?? 0) | mask : (id[bit >> 3] ?? 0) & ~mask;
  }
  return { ...nodeOf(n), id };
};
const filled = (count: number): RoutingTable => {
  const table = new RoutingTable(own);
  for (let n = 0; n < count; n++) table.answered(nodeOf(n), 0);
  table.check();
  return table;
};

describe('RoutingTable', () => {
  it('keeps eight of the far half, and splits where it is near', () => {
    const table = new RoutingTable(own);
    for (let n = 0; n < 20; n++) table.answered(near(0, n), 0);
    expect(table.size).toBe(K);
    for (let n = 20; n < 40; n++) table.answered(near(1, n), 0);
    expect(table.size).toBe(2 * K);
    for (let n = 40; n < 60; n++) table.answered(near(30, n), 0);
    expect([table.size, table.depth]).toEqual([3 * K, 32]);
    table.check();
  });

  it('gives the nearest, the nearest first, like a search of all', () => {
    const table = filled(3000);
    const random = randomBytesOf(seeded(5));
    for (let n = 0; n < 200; n++) {
      const target = random(20);
      const all = [...table.nodes()].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, K);
      expect(table.closest(target).map(({ id }) => toHex(id))).toEqual(all.map(({ id }) => toHex(id)));
    }
  });

  it('has one node of each network, and any number of local ones', () => {
    const table = new RoutingTable(own);
    for (let n = 0; n < 7; n++) table.answered({ id: idOf(n), host: `9.9.9.${n + 1}`, port: 1 }, 0);
    expect(table.size).toBe(1);
    expect(table.wants({ id: idOf(50), host: '9.9.9.99', port: 1 })).toBe(false);
    for (let n = 10; n < 14; n++) table.answered({ id: idOf(n), host: '127.0.0.1', port: n }, 0);
    expect(table.size).toBe(5);
    table.check();
  });

  it('does not give a place away to who claims the id of one who answers, or our own', () => {
    const table = new RoutingTable(own);
    table.answered(nodeOf(1), 0);
    table.answered({ ...nodeOf(1), host: '66.6.6.6' }, 0);
    table.answered({ ...nodeOf(2), id: own }, 0);
    expect(table.nodes().map(({ host }) => host)).toEqual([hostOf(1)]);
    table.answered({ ...nodeOf(1), id: idOf(3) }, 0);
    expect(table.nodes().map(({ id }) => id)).toEqual([idOf(3)]);
    table.check();
  });

  it('does not tell of who fails, and lets others in for them', () => {
    const table = new RoutingTable(own);
    for (let n = 0; n < K; n++) table.answered(near(0, n), 0);
    const [dead, spare, newcomer] = [near(0, 0), near(0, 100), near(0, 101)];
    table.answered(near(1, 50), 0);
    table.answered(spare, 0);
    expect(table.has(spare)).toBe(false);
    expect(table.wants(newcomer)).toBe(false);
    table.failed(dead);
    expect(table.has(dead)).toBe(true);
    table.failed(dead);
    expect([table.has(dead), table.has(spare)]).toEqual([false, true]);
    table.failed(spare);
    table.failed(spare);
    expect(table.closest(spare.id).some(({ host }) => host === spare.host)).toBe(false);
    expect(table.starts(spare.id, 20).some(({ host }) => host === spare.host)).toBe(true);
    expect(table.wants(newcomer)).toBe(true);
    table.answered(newcomer, 0);
    expect([table.has(spare), table.has(newcomer)]).toEqual([false, true]);
    table.check();
  });

  it('forgets who never answers again only after twenty failures: we may have been offline', () => {
    const table = filled(5);
    for (let n = 1; n < MAX_MISSED; n++) table.failed(nodeOf(0));
    expect(table.size).toBe(5);
    table.failed(nodeOf(0));
    expect(table.size).toBe(4);
    table.check();
  });

  it('prefers an id that fits the address', () => {
    const table = new RoutingTable(own);
    for (let n = 0; n < K; n++) table.answered(near(0, n), 0);
    table.answered(near(1, 50), 0);
    const secure = Array.from({ length: 200 }, (_, n) => ({
      id: createNodeId(idOf(n), hostOf(1000 + n)),
      host: hostOf(1000 + n),
      port: 1,
    })).find(({ id }) => commonBits(id, own) === 0);
    if (!secure) throw new Error('none');
    table.answered(secure, 0);
    expect(table.has(secure)).toBe(true);
    expect(table.size).toBe(K + 1);
    table.check();
  });

  it('says what to look up: each bucket once, and again when it was quiet for a quarter of an hour', () => {
    const table = filled(60);
    const random = randomBytesOf(seeded(9));
    const due = (now: number): number => {
      let count = 0;
      while (table.due(now, random(20))) count++;
      return count;
    };
    const first = due(0);
    expect(first).toBeGreaterThan(0);
    expect(due(15 * 60_000 - 1)).toBe(0);
    expect(due(15 * 60_000)).toBeGreaterThanOrEqual(first);
  });

  it('also looks up in a full bucket once nothing has been heard from it for 15 minutes', () => {
    const table = new RoutingTable(own);
    for (let n = 0; n < K; n++) table.answered(near(0, n), 0);
    for (let n = 0; n < K; n++) table.answered(near(1, 20 + n), 1000);
    const random = randomBytesOf(seeded(9));
    expect([table.due(0, random(20)), table.due(QUIET - 1, random(20))]).toEqual([undefined, undefined]);
    expect(commonBits(own, table.due(QUIET, random(20)) ?? own)).toBe(0);
    expect(table.due(QUIET + 999, random(20))).toBeUndefined();
    expect(commonBits(own, table.due(QUIET + 1000, random(20)) ?? own)).toBeGreaterThanOrEqual(1);
    table.asked(near(0, 0), QUIET + 2000);
    expect(table.due(2 * QUIET - 1, random(20))).toBeUndefined();
  });

  it('doubts who is quiet where others wait, the quietest first', () => {
    const table = new RoutingTable(own);
    for (let n = 0; n < K; n++) table.answered(near(0, n), n);
    table.answered(near(1, 50), 0);
    expect(table.doubtful(QUIET + 100)).toBeUndefined();
    table.answered(near(0, 100), 0);
    expect(table.doubtful(100)).toBeUndefined();
    expect(table.doubtful(QUIET + 100)?.host).toBe(hostOf(0));
    table.asked(near(0, 0), QUIET);
    expect(table.doubtful(QUIET + 100)?.host).toBe(hostOf(1));
  });

  it('stays in order whatever happens', () => {
    const step = fc.tuple(fc.constantFrom('answered', 'failed', 'asked', 'moved', 'due'), fc.nat(150), fc.nat(40));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new RoutingTable(idOf(7777));
        steps.forEach(([what, n, other], now) => {
          if (what === 'answered') table.answered(nodeOf(n), now);
          else if (what === 'failed') table.failed(nodeOf(n));
          else if (what === 'asked') table.asked(nodeOf(n), now);
          else if (what === 'moved') table.answered({ ...nodeOf(n), id: idOf(other) }, now);
          else table.due(now, idOf(n));
          table.check();
        });
      }),
      { numRuns: 100 },
    );
  });
});
