import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { README, readmeText, SCHEMA, schemaText } from '../json/kept.ts';
import { problems } from '../json/problems.ts';
import { jsonTypes, membersOf } from '../json/types.ts';

const { exports } = createRequire(import.meta.url)('../../package.json') as {
  readonly exports: Readonly<Record<string, unknown>>;
};

describe('the types of --json', () => {
  it('are the table in the README: npm run json writes it anew', () => {
    expect(readFileSync(README, 'utf8')).toBe(readmeText());
  });

  it('are the schema, which the package has', () => {
    expect(readFileSync(SCHEMA, 'utf8')).toBe(schemaText());
    const shipped = new URL(`../../${String(exports['./events.schema.json'])}`, import.meta.url);
    expect(existsSync(shipped) && readFileSync(shipped, 'utf8')).toBe(schemaText());
  });

  it('say in words what each event and each field is that needs it', () => {
    const types = jsonTypes();
    for (const name of membersOf(types, 'JsonEvent')) expect(types.get(name)?.doc.text, name).not.toBe('');
  });
});

const TIME = '"time":"2026-11-21T11:23:55.565Z"';
const START = `{"type":"start",${TIME},"command":"x","version":"1"}`;
const END = `{"type":"end",${TIME},"reason":"complete","exitCode":0,"seconds":0}`;

describe('the check of what is written', () => {
  it.each<[what: string, lines: readonly string[]]>([
    ['no object', [START, 'Hello', END]],
    ['no start', [END]],
    ['no end', [START]],
    ['an unknown type', [START, `{"type":"hello",${TIME}}`, END]],
    ['a field that is not declared', [START.replace('}', ',"more":1}'), END]],
    ['a field of another type', [START, END.replace('"seconds":0', '"seconds":"0"')]],
    ['a missing field', [START, END.replace(',"seconds":0', '')]],
    ['no time', [START, END.replace(`${TIME},`, '')]],
    ['another time', [START, END.replace('.565Z', 'Z')]],
    ['no torrent', [START, `{"type":"port-open",${TIME},"port":1}`, END]],
    ['a word that is none of the list', [START, END.replace('"complete"', '"finished"')]],
    ['what a terminal acts on', [START.replace('"x"', '"\u202e"'), END]],
  ])('finds %s', (_, lines) => {
    expect(problems(lines.map((line) => `${line}\n`).join(''))).not.toEqual([]);
  });

  it('and finds nothing else', () => {
    expect(problems(`${START}\n${END}\n`)).toEqual([]);
  });
});
