import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const inModules = (path: string): string => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
/** Milliseconds: they share the processors with all other tests. */
const PATIENCE = 900_000;

const checked = (program: string, args: readonly string[]): Promise<readonly [code: number | null, said: string]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [inModules(program), ...args], { cwd: root });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject).on('close', (code) => resolve([code, code === 0 ? '' : said]));
  });

// Beside the other tests, which mostly wait, they cost next to no time. The linter takes as long as a tenth of all
// tests, and has a command of its own.
describe('the whole project', () => {
  it.each([
    ['has the right types', 'typescript7/bin/tsc', ['-p', 'test/tsconfig.json']],
    ['is formatted', '@biomejs/biome/bin/biome', ['format', '.']],
  ])('%s', async (_, program, args) => expect(await checked(program, args)).toEqual([0, '']), PATIENCE);
});
