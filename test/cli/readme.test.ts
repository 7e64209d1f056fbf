import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commandTable.ts';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const [BEGIN, END] = ['<!-- options:begin -->', '<!-- options:end -->'];
const text = readFileSync(README, 'utf8');

const entries = Object.entries(commands);
/** Each option once, in the order of the commands; where commands say different things of it, as the first says it. */
const table = (): string => {
  const options = new Map<string, { about: string; of: string[] }>();
  for (const [command, { options: own }] of entries) {
    for (const [name, { describe: about, alias, boolean }] of Object.entries(own)) {
      const spelled = `${typeof alias === 'string' ? `-${alias}, ` : ''}--${name}${boolean ? '' : ' …'}`;
      const known = options.get(spelled) ?? { about: String(about), of: [] };
      known.of.push(command);
      options.set(spelled, known);
    }
  }
  const whose = (of: readonly string[]): string => (of.length === entries.length ? 'all' : of.join(', '));
  const rows = [...options].map(
    ([spelled, { about, of }]) => `| \`${spelled}\` | ${about.replaceAll('|', '\\|')} | ${whose(of)} |`,
  );
  return ['| option | meaning | of |', '| --- | --- | --- |', ...rows].join('\n');
};

describe('the README', () => {
  it('has a table of all options, as the commands have them (UPDATE_README=1 writes it)', () => {
    const [before = '', rest = ''] = text.split(BEGIN);
    const after = rest.split(END)[1] ?? '';
    const made = `${before}${BEGIN}\n\n${table()}\n\n${END}${after}`;
    if (process.env['UPDATE_README']) writeFileSync(README, made);
    else expect(text).toBe(made);
  });

  it('has recipes of commands and options that there are', () => {
    const recipes = (/## Recipes\n+```sh\n([^]*?)```/.exec(text)?.[1] ?? '').trim().split('\n');
    expect(recipes.length).toBeGreaterThanOrEqual(12);
    for (const recipe of recipes) {
      const [, command = '', rest = ''] = /^rxtorrent (\w+)(.*?)(?: \| .*)?(?: +# .*)?$/.exec(recipe) ?? [];
      expect(Object.keys(commands), recipe).toContain(command);
      const own = Object.entries(commands[command]?.options ?? {}).flatMap(([name, { alias }]) => [
        `--${name}`,
        ...(typeof alias === 'string' ? [`-${alias}`] : []),
      ]);
      for (const [option] of rest.replaceAll(/'[^']*'/g, '').matchAll(/(?<=\s)--?[a-z][a-z-]*/g))
        expect(own, recipe).toContain(option);
    }
  });
});
