import ts from 'typescript';
import { roomOf } from './layers.ts';
import { at, type Finding, type Source } from './source.ts';

const COLLECTIONS = /^(Map|Set|WeakMap|WeakSet)$/;
/** What has no state that anybody could see, or none that changes. */
const CONSTANT = /^(TextEncoder|TextDecoder|RegExp|URL|Date|\w*Error)$/;
const CHANGING = /^(set|add|delete|clear|push|pop|shift|unshift|splice|fill|sort|reverse|copyWithin)$/;
const READ_ONLY = /^(Readonly(Map|Set|Array)\b|readonly )/;

/** `a` of `a`, `a.b`, `a[0].b`. */
const ownerOf = (node: ts.Node): string | undefined => {
  let inner = node;
  while (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner) || ts.isNonNullExpression(inner))
    inner = inner.expression;
  return ts.isIdentifier(inner) ? inner.text : undefined;
};

const isMember = (node: ts.Node): boolean => ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

const isAssignment = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;

/** The name of what a node changes inside: by a method, by an assignment, or by `delete`. */
const changed = (node: ts.Node): string | undefined => {
  if (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    CHANGING.test(node.expression.name.text)
  )
    return ownerOf(node.expression.expression);
  if (isAssignment(node) && isMember(node.left)) return ownerOf(node.left);
  if (ts.isDeleteExpression(node) || ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const operand = ts.isDeleteExpression(node) ? node.expression : node.operand;
    return isMember(operand) ? ownerOf(operand) : undefined;
  }
  return undefined;
};

const changedIn = (source: Source): ReadonlySet<string> => {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const name = changed(node);
    if (name !== undefined) names.add(name);
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return names;
};

const bare = (node: ts.Expression): ts.Expression =>
  ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)
    ? bare(node.expression)
    : node;

/**
 * Is what a constant of the module holds state? Instances are; collections and literals are when they change, or
 * anybody may change them.
 */
const isState = ({ initializer, type }: ts.VariableDeclaration, exported: boolean, changes: boolean): boolean => {
  const value = initializer && bare(initializer);
  if (value === undefined) return false;
  if (ts.isArrayLiteralExpression(value) || ts.isObjectLiteralExpression(value)) return changes;
  if (!ts.isNewExpression(value)) return false;
  const of = value.expression.getText();
  if (/^Weak/.test(of)) return true;
  if (COLLECTIONS.test(of)) return changes || (exported && !READ_ONLY.test(type?.getText() ?? ''));
  if (/Array$/.test(of)) return (value.arguments?.length ?? 0) > 0;
  return !CONSTANT.test(of);
};

/**
 * State has an owner, and that is never the module, neither by `let` nor by a constant that changes inside; only the
 * command line is one with its process.
 */
export const moduleState =
  (exceptions: Readonly<Record<string, string>> = {}) =>
  (source: Source): readonly Finding[] => {
    if (roomOf(source.path) === 'cli') return [];
    const changes = changedIn(source);
    return source.tree.statements.filter(ts.isVariableStatement).flatMap((statement) => {
      const { declarations, flags } = statement.declarationList;
      if ((flags & ts.NodeFlags.Const) === 0) return [at(source, statement, 'a variable of the module')];
      const exported = (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      return declarations.flatMap((declaration) => {
        const name = declaration.name.getText(source.tree);
        const known = exceptions[`${source.path} ${name}`] !== undefined;
        return !known && isState(declaration, exported, changes.has(name))
          ? [at(source, declaration, `state of the module: ${name}`)]
          : [];
      });
    });
  };

/** Exceptions for which there is no state any more. */
export const idleExceptions = (
  sources: readonly Source[],
  exceptions: Readonly<Record<string, string>>,
): readonly string[] => {
  const found = sources.flatMap((source) =>
    moduleState()(source).map(({ path, what }) => `${path} ${what.split(': ')[1]}`),
  );
  return Object.keys(exceptions).filter((name) => !found.includes(name));
};
