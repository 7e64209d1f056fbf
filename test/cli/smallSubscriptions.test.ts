import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { build, type Plugin } from 'esbuild';
import fc from 'fast-check';
import { Subscription as Original } from 'rxjs';
import { beforeAll, expect, test } from 'vitest';

type Subscriptions = typeof Original;

/** Part of the build, which has no types. */
const PART = new URL('../../src/cli/bundle/smallSubscriptions.js', import.meta.url).href;
const { smallSubscriptions } = (await import(PART)) as { readonly smallSubscriptions: Plugin };

let Small: Subscriptions;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: "export * from './Subscription.js'", resolveDir: esm('internal') },
    bundle: true,
    format: 'cjs',
    plugins: [smallSubscriptions],
    write: false,
  });
  const { text } = outputFiles[0] as { text: string };
  const module = { exports: {} as { Subscription: Subscriptions } };
  // As Node calls a module.
  const run = compileFunction(text, ['module', 'exports']) as (...given: readonly object[]) => void;
  run(module, module.exports);
  Small = module.exports.Subscription;
});

const esm = (folder: string): string => fileURLToPath(new URL(`../esm/${folder}`, import.meta.resolve('rxjs')));

/** What becomes of nine teardowns, each a function or a subscription of its own. */
const told = (Subscription: Subscriptions, steps: readonly (readonly [string, number])[]): readonly string[] => {
  const said: string[] = [];
  const whole = new Subscription(() => said.push('whole'));
  const parts = Array.from({ length: 9 }, (_, n) => {
    const ends = (): void => void said.push(`ends ${n}`);
    return n % 2 === 0 ? ends : new Subscription(ends);
  });
  for (const [what, n] of steps) {
    const part = parts[n] as (typeof parts)[number];
    if (what === 'add') whole.add(part);
    else if (what === 'remove') whole.remove(part);
    else if (what === 'ends' && typeof part !== 'function') part.unsubscribe();
    else if (what === 'all') whole.unsubscribe();
    said.push(`${what} ${n}`);
  }
  whole.unsubscribe();
  return said;
};

test('subscriptions of the bundle end what the original ends, in the same order', () => {
  const step = fc.tuple(
    fc.oneof({ arbitrary: fc.constantFrom('add', 'remove', 'ends'), weight: 20 }, fc.constant('all')),
    fc.nat(8),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      expect(told(Small, steps)).toEqual(told(Original, steps));
    }),
  );
});

test('the first two of a subscription have an array that fits them', () => {
  const whole = new Small();
  const [one, two, three] = [() => {}, () => {}, () => {}];
  const lists = [one, two, three].map((part) => {
    whole.add(part);
    return (whole as unknown as { _finalizers: unknown[] })._finalizers;
  });
  expect(lists[2]).toEqual([one, two, three]);
  // A list that is replaced was not pushed to.
  expect(lists[0]).toEqual([one]);
  expect(lists[1]).toBe(lists[2]);
});

test('a copy of RxJS that adds in another way is not taken silently', async () => {
  type Load = (file: { path: string }) => Promise<unknown>;
  const loads: Load[] = [];
  void smallSubscriptions.setup({ onLoad: (_: unknown, load: Load) => loads.push(load) } as never);
  await expect(loads[0]?.({ path: esm('internal/Subject.js') })).rejects.toThrow('RxJS adds to a subscription');
});
