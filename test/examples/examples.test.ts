import { join } from 'node:path';
import * as rxjs from 'rxjs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { drawn, type Mark } from '../../marbles/index.ts';
import * as rxtorrent from '../../src/index.ts';
import { contextOf } from './context.ts';
import { operatorExamples } from './extract.ts';

const HERE = import.meta.dirname;
const names = (code: string): ReadonlySet<string> => new Set(code.match(/[A-Za-z_$][\w$]*/g) ?? []);

/** The code as a function of what it uses: its last statement is what it gives. */
const asFunction = (code: string): string => {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const last = source.statements.at(-1);
  if (last === undefined || !ts.isExpressionStatement(last)) throw new TypeError('the last statement gives nothing');
  return `${code.slice(0, last.getStart())}return ${code.slice(last.getStart())}`;
};

/** All examples as one module, which names of RxJS and the library come by import and the others by the context. */
const moduleOf = (context: readonly string[]): string => {
  const bodies = operatorExamples.map(({ operator, code = '' }) => {
    const used = names(code);
    const given = context.filter((name) => used.has(name) && !code.includes(`const ${name} =`));
    const head = `export const ${operator}Example = ({ ${given.join(', ')} }: Context): Observable<unknown> =>`;
    return `${head} {\n${asFunction(code)}\n};\n`;
  });
  const used = names(bodies.join('\n'));
  const own = new Set([
    ...context,
    ...operatorExamples.flatMap(({ code = '' }) => [...code.matchAll(/const (\w+) =/g)].map(([, name]) => name)),
  ]);
  const imported = (from: object): string =>
    Object.keys(from)
      .filter((name) => (used.has(name) && !own.has(name)) || name === 'Observable')
      .join(', ');
  return [
    `import { ${imported(rxjs)} } from 'rxjs';`,
    `import { ${imported(rxtorrent)} } from '../../src/index.ts';`,
    `import type { Peer, PeerAddress, PeerRates, WebSeed } from '../../src/index.ts';`,
    `import type { contextOf } from './context.ts';`,
    'type Context = ReturnType<typeof contextOf>;',
    ...bodies,
  ].join('\n');
};

/** What the compiler has to say of a module that stands here, though it is on no disk. */
const complaints = (text: string): readonly string[] => {
  const path = join(HERE, 'virtual.ts');
  const config = ts.getParsedCommandLineOfConfigFile(
    join(HERE, '..', 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => {},
    },
  );
  const options = { ...config?.options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === path || fileExists(name);
  host.getSourceFile = (name, version, ...rest) =>
    name === path ? ts.createSourceFile(name, text, version) : getSourceFile(name, version, ...rest);
  const program = ts.createProgram([path], options, host);
  return ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ messageText, start = 0 }) => {
    const line = text.slice(0, start).split('\n').length;
    return `${text.split('\n')[line - 1]}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
};

describe('the example of each operator', () => {
  it('is there', () => {
    expect(operatorExamples.filter(({ code }) => code === undefined).map(({ operator }) => operator)).toEqual([]);
    for (const { operator, code } of operatorExamples) expect(code).toContain(operator);
  });

  it('is compiled', { timeout: 120_000 }, () => {
    let context: readonly string[] = [];
    drawn((stage) => void (context = Object.keys(contextOf(stage))))();
    expect(complaints(moduleOf(context))).toEqual([]);
  });

  it.each(operatorExamples)('of $operator runs', ({ code = '' }) => {
    let marks: readonly Mark[] = [];
    drawn(
      (stage) => {
        const context = contextOf(stage);
        const all = { ...rxjs, ...rxtorrent, ...context } as Readonly<Record<string, unknown>>;
        const used = [...names(code)].filter(
          (name) => Object.hasOwn(all, name) && !new RegExp(`const ${name} =`).test(code),
        );
        const script = ts.transpile(`(${used.join(', ')}) => {\n${asFunction(code)}\n}`, {
          target: ts.ScriptTarget.ES2022,
        });
        const run = (0, eval)(script) as (...values: readonly unknown[]) => rxjs.Observable<unknown>;
        marks = stage.watch(run(...used.map((name) => all[name])), '^ 1m !');
      },
      { mayLeak: true },
    )();
    const failed = marks.filter(({ kind }) => kind === 'error').map((mark) => mark);
    expect(failed).toEqual([]);
  });
});
