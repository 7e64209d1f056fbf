import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const quoted = (path: string): string => text(path).split(/^ *\/\/ README: (?:begin|end)\n/m)[1] ?? '';
/** Without the margin that it has where it stands. */
const outdented = (lines: string): string => {
  const margin = /^ */.exec(lines)?.[0].length ?? 0;
  return lines.replaceAll(new RegExp(`^ {${margin}}`, 'gm'), '');
};

describe('the sentence', () => {
  it.each(['src/download/download.ts', 'src/download/session/conversation.ts'])(
    'in README.md is that of %s',
    (path) => {
      expect(quoted(path)).not.toBe('');
      expect(text('README.md')).toContain(`\`\`\`ts\n${outdented(quoted(path))}\`\`\`\n`);
    },
  );

  it('is all that is in its file, but for imports and what is said of it, on one screen', () => {
    const file = text('src/download/download.ts');
    const others = file.replace(quoted('src/download/download.ts'), '').split('\n');
    expect(others.filter((line) => !/^(import .*;| \*.*|\/\*\*|\/\/ README: (begin|end)|)$/.test(line))).toEqual([]);
    expect(file.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });

  it('is made of parts that anybody can import: operators, and those of the composition', () => {
    const from = [...text('src/download/download.ts').matchAll(/^import \{ [^}]* \} from '([^']*)';$/gm)];
    expect(from.map(([, path]) => path)).toEqual(['rxjs', '../../operators/index.ts', './composition.ts']);
    expect(text('src/index.ts')).toContain("export * from '../operators/index.ts';");
    expect(text('src/index.ts')).toContain("export * from './download/composition.ts';");
  });
});
