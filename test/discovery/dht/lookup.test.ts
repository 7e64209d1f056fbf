import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALPHA, Lookup, MAX_ASKED, MAX_CANDIDATES, TRUST } from '../../../src/discovery/dht/lookup.ts';
import { K } from '../../../src/discovery/dht/bucket.ts';
import type { NodeEndpoint } from '../../../src/protocol/encoding/compact.ts';
import { compareDistance } from '../../../src/protocol/encoding/id.ts';
import { hostOf, idOf, nodeOf } from './made.ts';

const target = new Uint8Array(20);
const own = idOf(-1);
const byDistance = (nodes: readonly NodeEndpoint[]) => [...nodes].sort((a, b) => compareDistance(target, a.id, b.id));
/** Nodes that are nearer to the target than any by chance: the lower the number, the nearer. */
const fake = (n: number): NodeEndpoint => ({
  id: Uint8Array.from({ length: 20 }, (_, at) => (at === 5 ? n : 0)),
  host: hostOf(5000 + n),
  port: 1,
});

describe('Lookup', () => {
  it('asks the nearest first, four at a time, and ends when the nearest eight have answered', () => {
    const all = byDistance(Array.from({ length: 200 }, (_, n) => nodeOf(n)));
    const lookup = new Lookup(target, own);
    lookup.add(all.slice(100, 108));
    const asked = [...lookup.next()];
    expect(asked.length).toBe(ALPHA);
    expect(lookup.next()).toEqual([]);
    let steps = 0;
    for (let node = asked.shift(); node; node = asked.shift(), steps++) {
      const at = all.indexOf(node);
      lookup.answered(node, all.slice(Math.max(0, at - 60), Math.max(0, at - 60) + 8));
      lookup.check();
      if (!lookup.done) asked.push(...lookup.next());
    }
    expect(lookup.done).toBe(true);
    expect(lookup.closest().map(({ node }) => node)).toEqual(all.slice(0, K));
    expect(lookup.hops).toBe(2);
    expect(steps).toBeLessThan(30);
  });

  it('is done at once with nobody, and when all have failed', () => {
    const lookup = new Lookup(target, own);
    expect([lookup.done, lookup.next()]).toEqual([true, []]);
    lookup.add([nodeOf(1), nodeOf(2)]);
    expect(lookup.done).toBe(false);
    for (const node of lookup.next()) lookup.failed(node);
    expect([lookup.done, lookup.closest()]).toEqual([true, []]);
  });

  it('asks somebody else beside a slow one, and waits for it only when there are few', () => {
    const lookup = new Lookup(target, own);
    lookup.add(Array.from({ length: 6 }, (_, n) => nodeOf(n)));
    const first = lookup.next();
    lookup.slow(first[0] as NodeEndpoint);
    const more = lookup.next();
    expect(more.length).toBe(1);
    for (const node of [...first.slice(1), ...more, ...lookup.next()]) lookup.answered(node, []);
    for (const node of lookup.next()) lookup.answered(node, []);
    expect(lookup.done).toBe(false);
    lookup.answered(first[0] as NodeEndpoint, []);
    expect(lookup.done).toBe(true);
    expect(lookup.closest().length).toBe(6);
  });

  it('asks but two of those whom a liar names, until one of them has answered', () => {
    const lookup = new Lookup(target, own);
    lookup.add(Array.from({ length: 9 }, (_, n) => nodeOf(n)));
    const [liar, ...others] = lookup.next() as [NodeEndpoint, ...NodeEndpoint[]];
    lookup.answered(
      liar,
      Array.from({ length: 8 }, (_, n) => fake(n)),
    );
    for (const node of others) lookup.answered(node, []);
    const next = lookup.next();
    expect(next.filter(({ host }) => host === fake(0).host || host === fake(1).host).length).toBe(TRUST);
    expect(next.length).toBe(ALPHA);
    // One of them is there: the others may be, too.
    for (const node of next) lookup.answered(node, []);
    expect(lookup.next().map(({ host }) => host)).toEqual([fake(2), fake(3), fake(4), fake(5)].map(({ host }) => host));
  });

  it('asks one of each network, and another one of it when that fails', () => {
    const lookup = new Lookup(target, own);
    lookup.add([1, 2, 3].map((n) => ({ id: idOf(n), host: `9.9.9.${n}`, port: 1 })));
    expect(lookup.known).toBe(1);
    const [node] = lookup.next() as [NodeEndpoint];
    lookup.failed(node);
    lookup.add([{ id: idOf(2), host: '9.9.9.2', port: 1 }]);
    expect(lookup.next().length).toBe(1);
  });

  it('never asks us', () => {
    const lookup = new Lookup(target, own);
    lookup.add([{ ...nodeOf(1), id: own }]);
    expect(lookup.known).toBe(0);
  });

  it('keeps its limits against those who name ever nearer nodes', () => {
    const lookup = new Lookup(target, own);
    lookup.add([nodeOf(0)]);
    let n = 1;
    for (let nodes = lookup.next(); nodes.length > 0; nodes = lookup.next()) {
      for (const node of nodes) {
        const named = Array.from({ length: 16 }, () => {
          const id = Uint8Array.from({ length: 20 }, (_, at) => (at < 16 ? 0 : (2 ** 31 - n) >>> (8 * (19 - at))));
          return { id, host: hostOf(n++), port: 1 };
        });
        lookup.answered(node, named);
      }
      lookup.check();
    }
    expect([lookup.asked, lookup.done]).toEqual([MAX_ASKED, true]);
    expect(lookup.known).toBeLessThanOrEqual(MAX_CANDIDATES);
  });

  it('ends, in order, whatever the others do', () => {
    const fate = fc.record({
      does: fc.constantFrom('answered', 'failed', 'slow', 'late'),
      names: fc.array(fc.nat(400), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(fate, { minLength: 1, maxLength: 60 }), (fates) => {
        const lookup = new Lookup(target, own);
        lookup.add(Array.from({ length: 8 }, (_, n) => nodeOf(n)));
        const open: NodeEndpoint[] = [...lookup.next()];
        for (let turn = 0; open.length > 0; turn++) {
          const node = open.shift() as NodeEndpoint;
          const { does, names } = fates[turn % fates.length] ?? { does: 'failed', names: [] };
          if (does === 'slow') lookup.slow(node);
          if (does === 'failed' || does === 'slow') lookup.failed(node);
          else
            lookup.answered(
              node,
              names.map((n) => nodeOf(n)),
            );
          lookup.check();
          open.push(...lookup.next());
        }
        expect(lookup.done).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
