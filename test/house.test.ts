import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { layers, neighbours, packages } from './house/layers.ts';
import { MODULE_STATE } from './house/lists.ts';
import { moduleState } from './house/moduleState.ts';
import { wideLines } from './house/sizes.ts';
import { asAWhole } from './house/whole.ts';
import { shrinks } from './house/shrinking.ts';
import { filesIn, parse, tell, type Finding, type Source } from './house/source.ts';
import {
  anything,
  clockwork,
  defaults,
  elsewhere,
  emptyNames,
  guessed,
  leftOvers,
  nestedSubscribes,
  replays,
  subjects,
} from './house/words.ts';

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
const rules: readonly (readonly [
  what: string,
  rule: Rule,
  where: readonly Source[],
  bad: readonly Sample[],
  good: readonly Sample[],
])[] = [
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
      ['src/download/session/peerSession.ts', "import { download } from '../download.ts';"],
      ['src/download/swarm/torrentSwarm.ts', "import { peerSession } from '../session/peerSession.ts';"],
      ['src/download/state/loops.ts', "import { demand } from '../swarm/demand.ts';"],
      ['src/download/options.ts', "import { resolveMagnet } from './magnet/resolveMagnet.ts';"],
      ['src/index.ts', "import { drawn } from '../marbles/index.ts';"],
      ['marbles/stage.ts', "import { tcp } from '../src/net/tcp.ts';"],
    ],
    [
      ['src/torrent/a.ts', "import { b } from '../protocol/b.ts';"],
      ['operators/a.ts', "import type { Env } from '../src/contracts/env.ts';"],
      ['src/index.ts', "import { nodeEnv } from './node.ts';"],
      ['src/download/session/conversation.ts', "import { torrentSwarm } from '../swarm/torrentSwarm.ts';"],
      ['src/download/lifecycle/inSwarm.ts', "import { read } from '../running/read.ts';"],
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
    [
      'Date.now()',
      'performance.now()',
      'Math.random()',
      'setTimeout(f, 1)',
      'setInterval(f)',
      'setImmediate(f)',
      'AbortSignal.timeout(1)',
      'new Date()',
    ]
      .concat([
        'async () => 1',
        'await x',
        'new Promise(f)',
        'f as Promise<void>',
        'globalThis.setTimeout(f)',
        "import('./x.ts')",
      ])
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
      ['src/download/state/loops.ts', 'export const bus$ = new Subject<void>();'],
    ],
    [
      ['src/download/state/loops.ts', 'const f = () => { const a$ = new Subject<void>(); };'],
      ['operators/internal/greeting.ts', 'class A { readonly #a$ = new Subject<void>(); }'],
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
    [
      [
        'operators/a.ts',
        'a$.pipe(switchMap(() => new Observable((s) => b$.subscribe(s)))).subscribe(); c$.subscribe();',
      ],
    ],
  ],
  [
    'what is replayed is let go',
    replays,
    all,
    [['operators/a.ts', 'a$.pipe(shareReplay(1));']],
    [['operators/a.ts', 'a$.pipe(shareReplay({ bufferSize: 1, refCount: true }), share());']],
  ],
  [
    'nothing is any',
    anything,
    all,
    [['test/a.test.ts', 'const a = (b: any) => b;']],
    [['test/a.test.ts', 'const any = expect.anything(); // any']],
  ],
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
  [
    'names say something',
    emptyNames,
    product,
    [['src/a.ts', 'class PeerManager {}']],
    [['src/a.ts', 'class AddressBook {}']],
  ],
  ['nothing is left over', leftOvers, all, [['src/a.ts', `// ${'TO'}DO: later`]], [['src/a.ts', '// done']]],
  [
    'the project speaks of itself only',
    elsewhere,
    all,
    [['src/a.ts', `// see ${'/wo'}rk/main`]],
    [['src/a.ts', '// see BEP 3']],
  ],
  [
    'comments name their subjects',
    guessed,
    all.filter(({ path }) => /^(src|operators)\//.test(path)),
    [['src/a.ts', '// Whoever calls us is heard.']],
    [['src/a.ts', '// A peer that calls us is heard.']],
  ],
  [
    'lines are short',
    wideLines,
    all,
    [
      ['src/a.ts', `// ${'-'.repeat(118)}`],
      ['marbles/a.ts', `'${'-'.repeat(118)}', 1`],
    ],
    [
      ['src/a.ts', `// ${'…'.repeat(117)}`],
      ['marbles/a.ts', `  '${'-'.repeat(150)}',`],
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

describe('the house as a whole', () => asAWhole(product, all, texts));

shrinks(product, all);
