import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonSchema } from './schema.ts';
import { jsonTable } from './table.ts';
import { jsonTypes } from './types.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const README = at('README.md');
export const SCHEMA = at('src/events.schema.json');
const [BEGIN, END] = ['<!-- json:begin -->', '<!-- json:end -->'];

/** The schema that belongs to the types. */
export const schemaText = (): string => `${JSON.stringify(jsonSchema(jsonTypes(), 'JsonEvent'), undefined, 2)}\n`;

/** The README with the table that belongs to the types. */
export const readmeText = (): string => {
  const text = readFileSync(README, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new RangeError(`${README}: ${BEGIN} and ${END} say where the table goes`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${jsonTable(jsonTypes(), 'JsonEvent')}\n\n${text.slice(end)}`;
};
