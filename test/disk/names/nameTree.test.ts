import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameTree } from '../../../src/disk/names/nameTree.ts';
import { systemOf } from '../../../src/disk/names/system.ts';

describe('the names in a folder', () => {
  it.each(['linux', 'darwin', 'win32'] as const)('are different files on %s, whatever they are', (platform) => {
    const name = fc.constantFrom('a', 'A', 'b', 'a (1)', '\u00e9', 'e\u0301');
    const paths = fc.array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(paths, (all) => {
        const system = systemOf(platform);
        const tree = new NameTree(system);
        const placed: string[] = [];
        for (const [names, exactly] of all) {
          if (!exactly) placed.push(tree.place(names).map(system.fold).join('/'));
          else if (tree.claim(names)) placed.push(names.map(system.fold).join('/'));
          tree.check();
        }
        expect(new Set(placed).size).toBe(placed.length);
      }),
    );
  });
});
