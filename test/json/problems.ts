import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { jsonSchema } from './schema.ts';
import { jsonTypes, membersOf, typeOf } from './types.ts';

const types = jsonTypes();
const schema = jsonSchema(types, 'JsonEvent');
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': true } }).addSchema(schema, 'events');

/** By `type`, so that what is wrong is not told of each of the others, too. */
const validators = new Map<string, ValidateFunction>(
  membersOf(types, 'JsonEvent').map((name) => {
    const declared = types.get(name);
    if (declared?.kind !== 'object') throw new TypeError(`${name} is no object`);
    return [typeOf(declared), ajv.compile({ $ref: `events#/$defs/${name}` })];
  }),
);
const any = ajv.compile({ $ref: 'events' });

interface Line {
  readonly type?: unknown;
  readonly torrent?: unknown;
  readonly time?: unknown;
}

const invalid = (line: Line): string | undefined => {
  const type = String(line.type);
  const validate = validators.get(type);
  if (validate === undefined) return `there is no type ${type}`;
  if (!validate(line)) return `${type}: ${ajv.errorsText(validate.errors)}`;
  return any(line) ? undefined : `${type}: not one of them all`;
};

/** What begins and ends: each torrent, and all of them. */
const disorder = (lines: readonly Line[]): readonly string[] => {
  const found: string[] = [];
  if (lines[0]?.type !== 'start') found.push('the first one is no start');
  if (lines.at(-1)?.type !== 'end') found.push('the last one is no end');
  const open = new Set<unknown>();
  const ended = new Set<unknown>();
  let last = '';
  for (const { type, torrent, time } of lines) {
    if (ended.has(torrent)) found.push(`${String(type)} of ${String(torrent)} after its end`);
    if (torrent !== undefined && type !== 'start' && !open.has(torrent) && !open.has(undefined))
      found.push(`${String(type)} before a start`);
    if (type === 'start') open.add(torrent);
    if (type === 'end' && torrent !== undefined) ended.add(torrent);
    if (String(time) < last) found.push(`${String(type)} goes back in time`);
    last = String(time);
  }
  if (lines.filter(({ type }) => type === 'start').length !== lines.filter(({ type }) => type === 'end').length)
    found.push('not as many ends as starts');
  return found;
};

/** What is wrong with all that a run with `--json` has written to stdout. */
export const problems = (stdout: string): readonly string[] => {
  if (!stdout.endsWith('\n')) return ['the last line has no end'];
  const lines = stdout.split('\n').slice(0, -1);
  const parsed = lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
  if (parsed.length < lines.length)
    return lines.filter((line) => !line.startsWith('{')).map((line) => `no object: ${line}`);
  const acting = lines
    .filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line))
    .map(() => 'characters that a terminal acts on');
  return [...parsed.flatMap((line) => invalid(line) ?? []), ...disorder(parsed), ...acting];
};
