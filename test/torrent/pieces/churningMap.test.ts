import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChurningMap } from '../../../src/torrent/pieces/churningMap.ts';

describe('entries that come and go', () => {
  it('are those of a Map, in its order', () => {
    const key = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(fc.array(fc.record({ add: fc.boolean(), key }), { maxLength: 1500, size: 'max' }), (steps) => {
        const passing = new ChurningMap<number, number>();
        const model = new Map<number, number>();
        for (const [at, { add, key }] of steps.entries()) {
          if (!add) expect(passing.delete(key)).toBe(model.delete(key));
          else {
            passing.set(key, at);
            model.set(key, at);
          }
          expect([passing.size, passing.get(key), passing.has(key)]).toEqual([
            model.size,
            model.get(key),
            model.has(key),
          ]);
        }
        expect([[...passing.keys()], [...passing.values()]]).toEqual([[...model.keys()], [...model.values()]]);
      }),
      { numRuns: 30 },
    );
  });

  it('may be deleted by whoever iterates', () => {
    const passing = new ChurningMap<number, number>();
    for (let n = 0; n < 2000; n++) passing.set(n, n);
    const seen: number[] = [];
    for (const value of passing.values()) {
      seen.push(value);
      passing.delete(value);
    }
    expect([seen.length, passing.size]).toEqual([2000, 0]);
  });

  it('leave nothing behind for a full collection, as those of a Map do', () => {
    // Not the built file: it is missing while somebody builds.
    const file = fileURLToPath(new URL('../../../src/torrent/pieces/churningMap.ts', import.meta.url));
    const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm' });
    const script = `
      import v8 from 'node:v8';
      ${code}
      const old = () => v8.getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
      const grown = (map) => {
        for (let n = 0; n < 20; n++) map.set(n, [n]);
        gc();
        const before = old();
        for (let n = 20; n < 60_000; n++) {
          map.set(n, new Array(32).fill(n));
          map.delete(n - 20);
          if (n % 2000 === 0) gc({ type: 'minor' });
        }
        return (old() - before) / 2 ** 20;
      };
      console.log(JSON.stringify([grown(new Map()), grown(new ChurningMap())]));`;
    const ran = spawnSync(
      process.execPath,
      // Nothing is collected or compiled beside the script, at a moment of its own.
      ['--expose-gc', '--initial-old-space-size=256', '--predictable', '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
    expect(ran.stderr).toBe('');
    const [map, passing] = JSON.parse(ran.stdout) as [number, number];
    // Else there is no longer any need for it.
    expect(map).toBeGreaterThan(5);
    expect(passing).toBeLessThan(map / 3);
  });
});
