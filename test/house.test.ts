import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf } from './house/imports.ts';
import { circles, layers, neighbours, packages, roomOf } from './house/layers.ts';
import { MODULE_STATE } from './house/lists.ts';
import { unmapped } from './house/map.ts';
import { moduleState } from './house/moduleState.ts';
import { MEDIAN_LINES, median, tooLong, undrawn } from './house/sizes.ts';
import { shrinks } from './house/shrinking.ts';
import { filesIn, linesOf, parse, tell, type Finding, type Source } from './house/source.ts';
import { anything, clockwork, defaults, elsewhere, emptyNames, leftOvers, nestedSubscribes, replays, subjects } from './house/words.ts';

const top = fileURLToPath(new URL('..', import.meta.url));
const all = filesIn(top, ['src', 'operators', 'marbles', 'test'], /\.ts$/).map(({ path, text }) => parse(path, text));
const texts = filesIn(top, ['src', 'operators', 'marbles', 'test'], /\.(md|json|js|sh|py|yml)$/);
const product = all.filter(({ path }) => !path.startsWith('test/') && !path.endsWith('.marbles.ts'));

type Rule = (source: Source) => readonly Finding[];
type Sample = readonly [path: string, text: string];

const titled = ([path, text]: Sample): readonly [title: string, path: string, text: string] => [
  `${path} ${text.replaceAll('\n', ' ').slice(0, 60)}`,
  path,
  text,
];

/** A rule, where it holds, what it must find and what it must leave alone. */
const rules: readonly (readonly [what: string, rule: Rule, where: readonly Source[], bad: readonly Sample[], good: readonly Sample[]])[] = [
  [
    'arrows point down',
    layers,
    all,
    [
      ['src/protocol/a.ts', "import type { T } from '../torrent/b.ts';"],
      ['src/torrent/a.ts', "import { now } from '../clock.ts';"],
      ['operators/a.ts', "import { b } from '../src/discovery/b.ts';"],
      ['src/discovery/a.ts', "import { tcp } from '../net/tcp.ts';"],
      ['src/net/a.ts', "export * from '../discovery/b.ts';"],
      ['src/download/download.ts', "import { nodeEnv } from '../node.ts';"],
      ['src/download/download.ts', "import { run } from '../cli/run.ts';"],
      ['src/download/peerSession.ts', "import { download } from './download.ts';"],
      ['src/download/options.ts', "import { resolveMagnet } from './magnet/resolveMagnet.ts';"],
      ['src/index.ts', "import { drawn } from '../marbles/index.ts';"],
      ['marbles/stage.ts', "import { tcp } from '../src/net/tcp.ts';"],
    ],
    [
      ['src/torrent/a.ts', "import { b } from '../protocol/b.ts';"],
      ['operators/a.ts', "import type { Env } from '../src/contracts/env.ts';"],
      ['src/index.ts', "import { nodeEnv } from './node.ts';"],
      ['test/a.test.ts', "import { tcp } from '../src/net/tcp.ts';"],
    ],
  ],
  [
    'operators do not import one another',
    neighbours,
    all,
    [
      ['operators/a.ts', "import { map } from 'rxjs';\nimport { b } from './b.ts';"],
      ['operators/internal/a.ts', "import { map } from 'rxjs';\nimport { b } from '../b.ts';"],
    ],
    [
      ['operators/a.ts', "import { map } from 'rxjs';\nimport { b } from './internal/b.ts';"],
      ['operators/a.ts', "import { pipe } from 'rxjs';\nimport { b } from './b.ts';"],
      ['operators/a.ts', "import { map } from 'rxjs';\nimport type { B } from './b.ts';"],
      ['operators/index.ts', "export { b } from './b.ts';"],
    ],
  ],
  [
    'packages are imported where they belong',
    packages,
    all,
    [
      ['src/torrent/a.ts', "import { map } from 'rxjs';"],
      ['src/contracts/env.ts', "import { Observable } from 'rxjs';"],
      ['operators/a.ts', "import { map } from 'rxjs/operators';"],
      ['src/protocol/encoding/id.ts', "import bencode from 'bencode';"],
      ['src/index.ts', "import ora from 'ora';"],
      ['src/index.ts', "import { hideBin } from 'yargs/helpers';"],
      ['operators/a.ts', "import { createHash } from 'node:crypto';"],
      ['src/discovery/a.ts', "import { Socket } from 'node:net';"],
      ['src/disk/a.ts', "import { open } from 'fs';"],
      ['marbles/stage.ts', "import { expect } from 'vitest';"],
      ['src/torrent/a.ts', "const fs = import('node:fs');"],
    ],
    [
      ['src/contracts/env.ts', "import type { Observable } from 'rxjs';"],
      ['src/contracts/clock.ts', "import { asyncScheduler } from 'rxjs';"],
      ['src/protocol/encoding/id.ts', "import { createHash } from 'node:crypto';"],
      ['src/disk/a.ts', "import { open } from 'node:fs';"],
      ['src/cli/a.ts', "import yargs from 'yargs';"],
      ['src/protocol/encoding/bencode.ts', "import bencode from 'bencode';"],
    ],
  ],
  [
    'time, chance and promises come from outside',
    clockwork,
    all,
    ['Date.now()', 'performance.now()', 'Math.random()', 'setTimeout(f, 1)', 'setInterval(f)', 'setImmediate(f)', 'AbortSignal.timeout(1)', 'new Date()']
      .concat(['async () => 1', 'await x', 'new Promise(f)', 'f as Promise<void>', 'globalThis.setTimeout(f)', "import('./x.ts')"])
      .map((code): Sample => ['operators/a.ts', `export const a = ${code};`]),
    [
      ['operators/a.ts', '// await setTimeout\nexport const a = "Date.now() await Promise";'],
      ['operators/a.ts', 'export const a = new Date(0); socket.setTimeout(1);'],
      ['src/net/a.ts', 'export const a = Date.now();'],
      ['test/a.test.ts', 'export const a = async () => await Promise.resolve();'],
    ],
  ],
  [
    'Subjects are private and few',
    subjects,
    all,
    [
      ['operators/a.ts', 'const f = () => new Subject<void>();'],
      ['src/torrent/a.ts', 'class A { a = new ReplaySubject(1); }'],
      ['src/download/download.ts', 'export const bus$ = new Subject<void>();'],
    ],
    [
      ['src/download/download.ts', 'const f = () => { const a$ = new Subject<void>(); };'],
      ['operators/handshake.ts', 'class A { readonly #a$ = new Subject<void>(); }'],
    ],
  ],
  [
    'nobody subscribes inside of subscribe',
    nestedSubscribes,
    all,
    [
      ['operators/a.ts', 'a$.subscribe((a) => b$.subscribe());'],
      ['operators/a.ts', 'a$.subscribe({ next: () => { if (x) y.add(b$.pipe(map(f)).subscribe()); } });'],
    ],
    [['operators/a.ts', 'a$.pipe(switchMap(() => new Observable((s) => b$.subscribe(s)))).subscribe(); c$.subscribe();']],
  ],
  [
    'what is replayed is let go',
    replays,
    all,
    [['operators/a.ts', 'a$.pipe(shareReplay(1));']],
    [['operators/a.ts', 'a$.pipe(shareReplay({ bufferSize: 1, refCount: true }), share());']],
  ],
  ['nothing is any', anything, all, [['test/a.test.ts', 'const a = (b: any) => b;']], [['test/a.test.ts', 'const any = expect.anything(); // any']]],
  [
    'the module has no state',
    moduleState(MODULE_STATE),
    product,
    [
      'let a = 1;',
      'const a = new Map(); const f = () => a.set(1, 2);',
      'export const a = new Set([1]);',
      'const a = new WeakMap<object, number>();',
      'const a: string[] = []; const f = () => (a[0] ??= g());',
      'const a = { b: { c: 1 } }; const f = () => a.b.c++;',
      'const a = {}; const f = (b: string) => { delete a[b]; };',
      'export const a = new PeerTable(7);',
      'const a = new Uint8Array(16);',
    ].map((code): Sample => ['src/torrent/a.ts', code]),
    [
      ...[
        "const a = new Set(['a']); const f = (b: string) => a.has(b);",
        'export const a: ReadonlyMap<string, number> = new Map([]);',
        'const a: readonly string[] = []; const f = (b: string[]) => { const c = []; c.push(1); };',
        'const a = new TextEncoder(); const b = new Uint8Array();',
        'const a = { b: 1 } as const; const f = () => { const c = new Map(); c.set(a.b, 1); };',
      ].map((code): Sample => ['src/torrent/a.ts', code]),
      ['src/torrent/a.ts', 'const a = 1; const f = () => { let b = 1; };'],
      ['src/cli/main.ts', 'let a = 1;'],
    ],
  ],
  [
    'there are no default exports',
    defaults,
    all,
    [
      ['src/a.ts', 'export default 1;'],
      ['src/a.ts', 'export default class A {}'],
    ],
    [
      ['test/vitest.config.ts', 'export default 1;'],
      ['src/a.ts', 'export const a = 1;'],
    ],
  ],
  ['names say something', emptyNames, product, [['src/a.ts', 'class PeerManager {}']], [['src/a.ts', 'class AddressBook {}']]],
  ['nothing is left over', leftOvers, all, [['src/a.ts', `// ${'TO'}DO: later`]], [['src/a.ts', '// done']]],
  ['the project speaks of itself only', elsewhere, all, [['src/a.ts', `// see ${'/wo'}rk/main`]], [['src/a.ts', '// see BEP 3']]],
  [
    'files are short',
    tooLong,
    all,
    [
      ['operators/a.ts', 'a;\n'.repeat(151)],
      ['src/a.ts', 'a;\n'.repeat(301)],
    ],
    [
      ['operators/a.ts', 'a;\n'.repeat(150)],
      ['test/a.test.ts', 'a;\n'.repeat(300)],
    ],
  ],
];

describe.each(rules)('%s', (_, rule, where, bad, good) => {
  it('everywhere', () => {
    expect(where.length).toBeGreaterThan(0);
    expect(tell(where.flatMap(rule))).toEqual([]);
  });

  it.each(bad.map(titled))('else it is found: %s', (_title, path, text) => {
    expect(rule(parse(path, text))).not.toEqual([]);
  });

  it.each(good.map(titled))('and this is left alone: %s', (_title, path, text) => {
    expect(tell(rule(parse(path, text)))).toEqual([]);
  });
});

describe('the house as a whole', () => {
  it('has no import circles', () => {
    expect(tell(circles(product))).toEqual([]);
  });

  it('would notice a circle', () => {
    const circle = [parse('src/a.ts', "import { b } from './b.ts';"), parse('src/b.ts', "import { a } from './a.ts';")];
    expect(tell(circles(circle))).toEqual(['src/b.ts:1 closes a circle: src/a.ts → src/b.ts → src/a.ts']);
    const throughTypes = [parse('src/a.ts', "import type { B } from './b.ts';"), parse('src/b.ts', "import('./a.ts');")];
    expect(tell(circles(throughTypes))).toEqual(['src/b.ts:1 closes a circle: src/a.ts → src/b.ts → src/a.ts']);
    const line = [parse('src/a.ts', "import type { C } from './c.ts';"), parse('src/b.ts', "import { a } from './a.ts';"), parse('src/c.ts', '')];
    expect(circles(line)).toEqual([]);
  });

  it('has a drawing for each operator', () => {
    expect(tell(undrawn(all.map(({ path }) => path)))).toEqual([]);
  });

  it('would notice an operator without a drawing, and a drawing without an operator', () => {
    expect(
      tell(undrawn(['operators/index.ts', 'operators/a.ts', 'marbles/b.marbles.ts', 'test/b.ts', 'marbles/stage.ts', 'marbles/stage.marbles.ts'])),
    ).toEqual(['operators/a.ts:1 has no drawing marbles/a.marbles.ts', 'marbles/b.marbles.ts:1 draws nothing that there is']);
  });

  it(`has files of fewer than ${MEDIAN_LINES} lines, by the median`, () => {
    expect(median(all.filter(({ path }) => /^(src|operators)\//.test(path)).map(linesOf))).toBeLessThan(MEDIAN_LINES);
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });

  it('has a map, in src/README.md, of each room and all that is in it', () => {
    const map = texts.find(({ path }) => path === 'src/README.md');
    expect(
      tell(
        map === undefined
          ? []
          : unmapped(
              map,
              all.map(({ path }) => path),
            ),
      ),
    ).toEqual([]);
    expect(map).toBeDefined();
  });

  it('would notice a file that is not on the map, and a room that there is not', () => {
    const map = { path: 'src/README.md', text: '| `a/` | is here | b |\n| `c/` | has gone | d |' };
    expect(tell(unmapped(map, ['src/a/b.ts', 'src/a/e.ts']))).toEqual(['src/README.md:1 a/ holds: b e', 'src/README.md:1 there is no c/']);
  });

  it('needs at run time what it imports and nothing else, but for the command line, which has all in one file', () => {
    const outside = product.filter(({ path }) => roomOf(path) !== 'cli' && !path.startsWith('marbles/s')).flatMap(importsOf);
    const names = outside.filter(({ to }) => /^[a-z@]/.test(to) && !/^(node:|src\/|operators\/|marbles\/|test\/)/.test(to)).map(({ to }) => to.split('/')[0]);
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Record<string, object>;
    expect(Object.keys({ ...dependencies, ...peerDependencies }).sort()).toEqual([...new Set(names)].sort());
  });

  it('opens bencode by one door', () => {
    const doors = product.filter(({ text }) => /from 'bencode'/.test(text)).map(({ path }) => path);
    expect(doors).toEqual(['src/protocol/encoding/bencode.ts']);
  });

  it('speaks of itself only in what is not code, too', () => {
    expect(tell(texts.flatMap((text) => [...elsewhere(text), ...leftOvers(text)]))).toEqual([]);
  });
});

shrinks(product, all);
