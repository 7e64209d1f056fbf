import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe('operators/README.md', () => {
  it('has the pipe of the drawing, word for word', () => {
    const [, pipe = ''] = text('marbles/stories/documentedPipe.marbles.ts').split(/^\/\/ README: (?:begin|end)\n/m);
    expect(pipe).toContain('banLiars');
    expect(text('operators/README.md')).toContain(`\n${pipe}\n`);
  });
});
