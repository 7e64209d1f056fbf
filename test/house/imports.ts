import { posix } from 'node:path';
import ts from 'typescript';
import { at, type Finding, type Source } from './source.ts';

export interface Import {
  /** A path of the project, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
  /** What is imported by name. */
  readonly names: readonly string[];
  readonly node: ts.Node;
}

const namesOf = (clause: ts.ImportClause | undefined): readonly string[] => {
  const named = clause?.namedBindings;
  return named !== undefined && ts.isNamedImports(named)
    ? named.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text)
    : [];
};

const isTypeOnly = (node: ts.ImportDeclaration | ts.ExportDeclaration): boolean => {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.length > 0 &&
    named.elements.every((element) => element.isTypeOnly)
  );
};

/** What a file imports, re-exports and loads later. */
export const importsOf = (source: Source): readonly Import[] => {
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: string, typeOnly: boolean, names: readonly string[]): void => {
    const to = specifier.startsWith('.')
      ? posix.normalize(posix.join(posix.dirname(source.path), specifier))
      : specifier;
    found.push({ to, typeOnly, names, node });
  };
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      add(
        node,
        node.moduleSpecifier.text,
        isTypeOnly(node),
        ts.isImportDeclaration(node) ? namesOf(node.importClause) : [],
      );
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined && ts.isStringLiteral(specifier)) add(node, specifier.text, false, []);
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      add(node, node.argument.literal.text, true, []);
    }
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return found;
};

/** Imports for which `complain` has something to say. */
export const badImports = (source: Source, complain: (found: Import) => string | undefined): readonly Finding[] =>
  importsOf(source).flatMap((found) => {
    const what = complain(found);
    return what === undefined ? [] : [at(source, found.node, what)];
  });
