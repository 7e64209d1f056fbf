import ts from 'typescript';
import { type Counted, countBy } from './caps.ts';
import { roomOf } from './layers.ts';
import { linesLike, search, type Finding, type Source } from './source.ts';

const CALLS: readonly string[] = [
  'Date.now',
  'performance.now',
  'Math.random',
  'AbortSignal.timeout',
  'process.hrtime',
  'process.nextTick',
];
const NAMES: readonly string[] = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'Promise',
  'PromiseLike',
];

/** It watches the system's timers, and starts none. */
const WATCHES_TIMERS = 'marbles/secondCopy.ts';

/** Time, chance and promises come from outside; only net, disk and cli, who are outside, and tests may make them. */
export const clockwork = (source: Source): readonly Finding[] => {
  if (source.path === WATCHES_TIMERS) return [];
  if (['world', 'cli'].includes(roomOf(source.path) ?? '') || source.path.startsWith('test/')) return [];
  return search(source, (node) => {
    if (ts.isPropertyAccessExpression(node) && CALLS.includes(node.getText(source.tree)))
      return node.getText(source.tree);
    if (ts.isIdentifier(node) && NAMES.includes(node.text) && !isMember(node)) return node.text;
    if (
      ts.isNewExpression(node) &&
      node.expression.getText(source.tree) === 'Date' &&
      (node.arguments?.length ?? 0) === 0
    )
      return 'new Date()';
    if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
    if (node.kind === ts.SyntaxKind.AwaitKeyword || ts.isAwaitExpression(node)) return 'await';
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      return 'import(…), which is a promise';
    return undefined;
  });
};

/** A property that happens to be called like something forbidden: `x.setTimeout`, `{ setTimeout: … }`, or its type. */
const isMember = (node: ts.Identifier): boolean =>
  (ts.isPropertyAccessExpression(node.parent) &&
    node.parent.name === node &&
    node.parent.expression.getText() !== 'globalThis') ||
  ((ts.isPropertyAssignment(node.parent) || ts.isPropertySignature(node.parent)) && node.parent.name === node);

const SUBJECTS = /^(Subject|ReplaySubject|BehaviorSubject|AsyncSubject)$/;
const DOWNLOAD = /^src\/download\/state\/(loops|downloadState)\.ts$/;
const mayHaveSubjects = (path: string): boolean =>
  DOWNLOAD.test(path) ||
  path === 'src/client/client.ts' ||
  path === 'operators/internal/greeting.ts' ||
  /^src\/(discovery|net)\//.test(path) ||
  /^(marbles|test)\//.test(path);

const isNewSubject = (node: ts.Node): boolean => ts.isNewExpression(node) && SUBJECTS.test(node.expression.getText());

/**
 * Every Subject of the product by its room, so that one may move within a room; drawings and tests may have as many as
 * they like.
 */
export const subjectsByRoom = (sources: readonly Source[]): Counted =>
  countBy(
    sources
      .filter(({ path }) => /^(src|operators)\//.test(path))
      .flatMap((source) => search(source, (node) => (isNewSubject(node) ? 'a Subject' : undefined))),
    ({ path }) => roomOf(path) ?? path,
  );

/** Subjects are few, private and at home where a loop is closed or the world speaks. */
export const subjects = (source: Source): readonly Finding[] =>
  search(source, (node) => {
    if (!isNewSubject(node)) return undefined;
    if (!mayHaveSubjects(source.path)) return node.getText(source.tree);
    return isModuleLevel(node) ? 'a Subject that belongs to the module' : undefined;
  });

const isModuleLevel = (node: ts.Node): boolean => {
  for (let up = node.parent; !ts.isSourceFile(up); up = up.parent)
    if (ts.isFunctionLike(up) || ts.isClassLike(up)) return false;
  return true;
};

const isCallOf = (node: ts.Node, name: string): node is ts.CallExpression =>
  ts.isCallExpression(node) &&
  ((ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === name) ||
    node.expression.getText() === name);

/** No `.subscribe(` in what is handed to a `.subscribe(`: the inner one would have no owner. */
export const nestedSubscribes = (source: Source): readonly Finding[] =>
  search(source, (node) => {
    if (!isCallOf(node, 'subscribe')) return undefined;
    for (let up: ts.Node = node; !ts.isSourceFile(up.parent); up = up.parent) {
      const { parent } = up;
      // Who subscribes inside a `new Observable` of its own answers to that one.
      if (ts.isNewExpression(parent)) return undefined;
      if (isCallOf(parent, 'subscribe') && parent.arguments.some((argument) => argument === up))
        return 'subscribe inside of subscribe';
    }
    return undefined;
  });

export const replays = (source: Source): readonly Finding[] =>
  search(source, (node) =>
    isCallOf(node, 'shareReplay') && !/refCount:\s*true/.test(node.getText(source.tree))
      ? 'shareReplay without refCount'
      : undefined,
  );

export const anything = (source: Source): readonly Finding[] =>
  search(source, (node) => (node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : undefined));

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);

/** Names are given once: no default exports, but where a tool asks for one, or another package has one. */
export const defaults = (source: Source): readonly Finding[] =>
  /config\.ts$|\.d\.ts$/.test(source.path)
    ? []
    : search(source, (node) =>
        (ts.isExportAssignment(node) && !node.isExportEquals) || isExported(node) ? 'a default export' : undefined,
      );

const EMPTY_NAMES = /(Manager|Service|Helper|Util|Utils|Handler)$/;

/** Words that say nothing of the field. */
export const emptyNames = (source: Source): readonly Finding[] =>
  search(source, (node) => {
    const named =
      ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isFunctionDeclaration(node);
    const name =
      (named || ts.isVariableDeclaration(node)) && node.name !== undefined && ts.isIdentifier(node.name)
        ? node.name.text
        : '';
    return EMPTY_NAMES.test(name) ? `the name ${name}` : undefined;
  });

// Put together here so that this file does not find itself.
const LEFT_OVERS = new RegExp(
  ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].map((word) => `\\b${word}\\b`).join('|'),
);
const ELSEWHERE = new RegExp(
  [
    '/wo' + 'rk/',
    '/ro' + 'ot/',
    '\\.\\./sha' + 'red',
    '(?:ARCHI' + 'TECTURE|LIBRA' + 'RIES|THRE' + 'ATS|NUMB' + 'ERS|SE' + 'EDS)\\.md',
    'tmp/br' + 'ief',
  ].join('|'),
);

export const leftOvers = (source: Pick<Source, 'path' | 'text'>): readonly Finding[] =>
  linesLike(source, LEFT_OVERS, (word) => `left over: ${word}`);

/** The project speaks of itself only. */
export const elsewhere = (source: Pick<Source, 'path' | 'text'>): readonly Finding[] =>
  linesLike(source, ELSEWHERE, (word) => `speaks of ${word}`);

/** Comments name a peer, a program or the user: the reader need not guess which of them is meant. */
const GUESSED = /^\s*(?:\*|\/\*\*|\/\/).*\b([Ww]hoever|[Ww]hom|[Pp]eople|[Tt]hose who|[Tt]he one who)\b/;

/** Sentences of comments have subjects. */
export const guessed = (source: Pick<Source, 'path' | 'text'>): readonly Finding[] =>
  linesLike(source, GUESSED, (word) => `name what is meant instead of: ${word}`);
