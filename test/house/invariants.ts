import ts from 'typescript';
import { at, type Finding, type Source } from './source.ts';

const CLAIM = /\bInvariants?:/;

const hasCheck = (node: ts.ClassDeclaration): boolean =>
  node.members.some((member) => ts.isMethodDeclaration(member) && member.name.getText() === 'check');

/** Classes whose comment claims an invariant. */
const claiming = (source: Source): readonly ts.ClassDeclaration[] =>
  source.tree.statements
    .filter(ts.isClassDeclaration)
    .filter((node) => CLAIM.test(source.text.slice(node.getFullStart(), node.getStart(source.tree))));

/** By its path and its name, as in the list of those that are not checked yet. */
const titleOf = (source: Source, node: ts.ClassDeclaration): string => `${source.path} ${node.name?.text ?? ''}`;

/** Does another file know the class, and call a `check()`? That is a test, or what a test checks as a whole. */
const isCalled = (source: Source, node: ts.ClassDeclaration, all: readonly Source[]): boolean => {
  const known = new RegExp(`\\b${node.name?.text ?? ''}\\b`);
  return all.some(({ path, text }) => path !== source.path && text.includes('.check(') && known.test(text));
};

/** An invariant that is claimed can be checked, by a `check()` that throws, and is. */
export const unchecked = (
  sources: readonly Source[],
  all: readonly Source[],
  exceptions: readonly string[],
): readonly Finding[] =>
  sources.flatMap((source) =>
    claiming(source).flatMap((node) => {
      if (exceptions.includes(titleOf(source, node))) return [];
      const name = node.name?.text ?? '';
      if (!hasCheck(node)) return [at(source, node, `${name} claims an invariant and has no check()`)];
      return isCalled(source, node, all) ? [] : [at(source, node, `no test calls the check() of ${name}`)];
    }),
  );

/** Exceptions that are none any more. */
export const checkedByNow = (
  sources: readonly Source[],
  all: readonly Source[],
  exceptions: readonly string[],
): readonly string[] => {
  const found = sources.flatMap((source) =>
    claiming(source)
      .filter((node) => !hasCheck(node) || !isCalled(source, node, all))
      .map((node) => titleOf(source, node)),
  );
  return exceptions.filter((title) => !found.includes(title));
};
