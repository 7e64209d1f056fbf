import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TOP = join(import.meta.dirname, '..', '..');

/** The example in the doc comment of one operator. */
export interface OperatorExample {
  readonly operator: string;
  /** Undefined if there is none. */
  readonly code: string | undefined;
}

const codeOf = (text: string, operator: string): string | undefined => {
  const at = text.search(new RegExp(`^export const ${operator}\\b`, 'm'));
  const doc = text.slice(text.lastIndexOf('/**', at), at);
  const [, example] = / \* @example\n((?: \*(?! @)[^\n]*\n)*)/.exec(doc) ?? [];
  return example
    ?.replace(/^ \* ?/gm, '')
    .replace(/\/\s*$/, '')
    .trim();
};

/** Those of all operators, one a file. */
export const operatorExamples: readonly OperatorExample[] = readdirSync(join(TOP, 'operators'))
  .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
  .map((name) => {
    const operator = name.replace(/\.ts$/, '');
    return { operator, code: codeOf(readFileSync(join(TOP, 'operators', name), 'utf8'), operator) };
  });
