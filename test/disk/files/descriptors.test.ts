import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { descriptorLimit, shares } from '../../../src/disk/files/descriptorLimit.ts';
import { Descriptors } from '../../../src/disk/files/descriptors.ts';

describe('the shares of a limit', () => {
  it.each([
    [64, [8, 3, 4, 8]],
    [256, [52, 41, 26, 89]],
    [1024, [128, 50, 100, 698]],
    [Infinity, [128, 50, 100, Infinity]],
  ])('of %d descriptors are %o', (limit, expected) => {
    const { files, announces, callers, connections } = shares(limit);
    expect([files, announces, callers, connections]).toEqual(expected);
  });

  it('are of what the system grants this process', () => {
    expect(descriptorLimit()).toBeGreaterThan(100);
  });
});

describe('descriptors', () => {
  it('are given to those who wait, the oldest first, as they come back', () => {
    const descriptors = new Descriptors(1);
    const had: string[] = [];
    for (const who of ['a', 'b', 'c']) descriptors.take(() => had.push(who));
    expect(had).toEqual(['a']);
    descriptors.give();
    expect(had).toEqual(['a', 'b']);
    descriptors.give();
    descriptors.give();
    expect([had, descriptors.held]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('are never more than there are, and nobody waits for one that is free', () => {
    const step = fc.constantFrom('take', 'give', 'rest', 'rouse');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (most, steps) => {
        const descriptors = new Descriptors(most);
        // A file in use has a descriptor; one that rests gives it back when it is closed.
        let used = 0;
        const resting: { close(): void }[] = [];
        for (const each of steps) {
          if (each === 'take') descriptors.take(() => used++);
          else if (each === 'rouse') {
            const [first] = resting.splice(0, 1);
            if (first !== undefined) descriptors.rouse(first);
            if (first !== undefined) used++;
          } else if (used > 0) {
            used--;
            if (each === 'give') descriptors.give();
            else {
              const file = {
                close: () => {
                  if (resting.includes(file)) resting.splice(resting.indexOf(file), 1);
                  descriptors.give();
                },
              };
              resting.push(file);
              descriptors.rest(file);
            }
          }
          descriptors.check();
        }
        for (const file of [...resting]) descriptors.rouse(file);
      }),
    );
  });

  it('are tried for again when the system has none left: that is later, and no error', async () => {
    const { open } = fs;
    onTestFinished(() => void (fs.open = open));
    let refused = 0;
    fs.open = ((...args: Parameters<typeof open>) => {
      if (refused++ < 3)
        return (args.at(-1) as unknown as (error: Error) => void)(
          Object.assign(new Error('EMFILE'), { code: 'EMFILE' }),
        );
      fs.open = open;
      return open(...args);
    }) as typeof open;
    const descriptors = new Descriptors(2);
    const fd = await new Promise<number>((resolve, reject) =>
      descriptors.open('/', fs.constants.O_RDONLY, undefined, (error, opened) =>
        error ? reject(error) : resolve(opened ?? -1),
      ),
    );
    expect([refused, descriptors.held, fd >= 0]).toEqual([4, 1, true]);
    await new Promise((resolve) => descriptors.close(fd, resolve));
    expect(descriptors.held).toBe(0);
  });

  it('come back when what was to be opened can not be', async () => {
    const descriptors = new Descriptors(2);
    const error = await new Promise((resolve) =>
      descriptors.open('/nowhere/at/all', fs.constants.O_RDONLY, undefined, resolve),
    );
    expect(error).toMatchObject({ code: 'ENOENT' });
    expect(descriptors.held).toBe(0);
  });

  it('are not all held by those who wait for more', () => {
    const descriptors = new Descriptors(20);
    expect([
      descriptors.together(8),
      descriptors.together(3),
      descriptors.together(2),
      descriptors.together(1),
    ]).toEqual([true, false, true, true]);
    descriptors.apart(8);
    expect(descriptors.together(7)).toBe(true);
  });
});
