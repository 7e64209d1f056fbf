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

  it('is all that is in its file, but for imports, what is said of it, and what a link asks for', () => {
    const lines = text('src/download/download.ts').split('\n');
    expect(lines.filter((line) => !/^(import|export (type )?\{| \*|\/\*\*|$)/.test(line)).length).toBeLessThan(45);
    expect(lines.length).toBeLessThan(85);
  });
});
