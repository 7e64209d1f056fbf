import ts from 'typescript';
import type { Counted } from './caps.ts';
import type { Source } from './source.ts';

/** Lines of a function of the product, from its first parameter to its last brace. */
export const FUNCTION_LINES = 40;

/** What a function is called where it stands: its own name, or that of the variable or property that holds it. */
const nameOf = (node: ts.Node): string | undefined => {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const named = node as { readonly name?: ts.Node };
  if (named.name !== undefined) return named.name.getText();
  return ts.isVariableDeclaration(node.parent) ||
    ts.isPropertyAssignment(node.parent) ||
    ts.isPropertyDeclaration(node.parent)
    ? node.parent.name.getText()
    : undefined;
};

/**
 * Functions of more than {@link FUNCTION_LINES} lines by their names, with those around them: `src/a.ts f.g`. One
 * without a name is counted with what it is in.
 */
export const longFunctions = (sources: readonly Source[]): Counted => {
  const found = new Map<string, { readonly count: number; readonly path: string; readonly line: number }>();
  for (const { path, tree } of sources) {
    const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1;
    const visit = (node: ts.Node, around: readonly string[]): void => {
      const name = ts.isFunctionLike(node) && 'body' in node && node.body !== undefined ? nameOf(node) : undefined;
      const owner = ts.isClassLike(node) ? node.name?.text : name;
      const names = owner === undefined ? around : [...around, owner];
      if (ts.isFunctionLike(node)) {
        const line = lineOf(node.getStart(tree));
        const count = lineOf(node.getEnd()) - line + 1;
        const title = `${path} ${names.join('.')}`;
        if (count > FUNCTION_LINES && count > (found.get(title)?.count ?? 0)) found.set(title, { count, path, line });
      }
      ts.forEachChild(node, (child) => visit(child, names));
    };
    visit(tree, []);
  }
  return found;
};
