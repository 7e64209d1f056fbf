import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** One file of the house. */
export interface Source {
  /** From the top of the project, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

export interface Finding {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly what: string;
}

export const parse = (path: string, text: string): Source => ({
  path,
  text,
  tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true),
});

export const linesOf = ({ text }: Pick<Source, 'text'>): number => text.trimEnd().split('\n').length;

export const at = (source: Source, node: ts.Node, what: string): Finding => ({
  path: source.path,
  line: source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1,
  what,
});

/** Every line of the text, comments included, that matches. */
export const linesLike = (
  source: Pick<Source, 'path' | 'text'>,
  pattern: RegExp,
  what: (match: string) => string,
): readonly Finding[] =>
  source.text.split('\n').flatMap((text, n) => {
    const match = pattern.exec(text);
    return match === null ? [] : [{ path: source.path, line: n + 1, what: what(match[0]) }];
  });

/** All nodes for which `find` has something to say. */
export const search = (source: Source, find: (node: ts.Node) => string | undefined): readonly Finding[] => {
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const what = find(node);
    if (what !== undefined) findings.push(at(source, node, what));
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return findings;
};

/** One line a finding, for the message of a failed test. */
export const tell = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ path, line, what }) => `${path}:${line} ${what}`);

/** The files below the top, by their extension. */
export const filesIn = (
  top: string,
  folders: readonly string[],
  extension: RegExp,
): readonly { readonly path: string; readonly text: string }[] =>
  folders.flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((path) => extension.test(path))
      .sort()
      .map((path) => ({ path, text: readFileSync(join(top, path), 'utf8') })),
  );
