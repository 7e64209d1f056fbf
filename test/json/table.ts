import ts from 'typescript';
import { bare, type Doc, type Field, fieldsOf, membersOf, typeOf, type Types } from './types.ts';

/** What stands for a type in the table. */
const WORDS = new Map<string, string>([
  ['string', 'text'],
  ['number', 'number'],
  ['boolean', 'true or false'],
  ['unknown', 'any value'],
  ['Rate', 'bytes/s'],
  ['Index', 'number from 0'],
  ['InfoHash', 'info-hash'],
]);

/** Said once, above the table. */
const EVERYWHERE: ReadonlySet<string> = new Set(['type', 'time', 'torrent']);

/** Parts of an address: said once, too. */
const ADDRESS = ['host', 'port', 'source'];
/** Words that are explained above the table, as it has them. */
const EXPLAINED = [
  'Time',
  'InfoHash',
  'Hex',
  'Bytes',
  'Rate',
  'Seconds',
  'Count',
  'Index',
  'Port',
  'Source',
  'Address',
];

const oneLine = ({ text }: Doc): string => text.replaceAll('\n', ' ').replaceAll('|', '\\|');

/** A sentence as the rest of one. */
const after = (text: string): string =>
  text.replace(/\.$/, '').replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());

const nested = (fields: readonly Field[]): string => `{ ${fields.map(fieldText).join(', ')} }`;

const words = (given: ts.TypeNode): string => {
  const type = bare(given);
  const text = type.getText();
  if (ts.isLiteralTypeNode(type))
    return `\`${ts.isStringLiteral(type.literal) ? type.literal.text : type.literal.getText()}\``;
  if (ts.isUnionTypeNode(type))
    return type.types
      .map(words)
      .join(' or ')
      .replaceAll(/ or (?=.* or )/g, ', ');
  if (ts.isArrayTypeNode(type)) return `list of ${words(type.elementType)}`;
  if (ts.isTypeLiteralNode(type)) return nested(fieldsOf(type.members));
  if (ts.isTypeReferenceNode(type) && type.typeName.getText() === 'Record')
    return `object of ${words(type.typeArguments?.[1] as ts.TypeNode)}`;
  return WORDS.get(text) ?? text.toLowerCase();
};

function fieldText({ name, optional, doc, type }: Field): string {
  const text = oneLine(doc);
  return `\`${name}\`${optional ? '?' : ''} ${words(type)}${text === '' ? '' : ` (${after(text)})`}`;
}

const row = (name: string, types: Types): string => {
  const declared = types.get(name);
  if (declared?.kind !== 'object') throw new TypeError(`${name} is no object`);
  const fields = declared.fields.filter((field) => !EVERYWHERE.has(field.name));
  const placed = ADDRESS.every((part) => fields.some((field) => field.name === part));
  const texts = fields.filter((field) => !placed || !ADDRESS.includes(field.name)).map(fieldText);
  const says = [...(placed ? ['an address'] : []), ...texts].join('; ');
  return `| \`${typeOf(declared)}\` | ${oneLine(declared.doc)} | ${says} |`;
};

/** What the words of the table stand for. */
const explained = (name: string, types: Types): string => {
  const declared = types.get(name);
  if (declared === undefined) throw new TypeError(`${name} is not declared`);
  const word = WORDS.get(name) ?? name.toLowerCase();
  const what = oneLine(declared.doc);
  if (declared.kind === 'object') return `- *${word}*: ${what} ${declared.fields.map(fieldText).join(', ')}.`;
  return `- *${word}*: ${what}${ts.isUnionTypeNode(declared.type) ? ` ${words(declared.type)}.` : ''}`;
};

/** What every object has. */
const everywhere = (types: Types, root: string): string => {
  const untied = membersOf(types, root).flatMap((name) => {
    const declared = types.get(name);
    return declared?.kind === 'object' && declared.fields.some((field) => field.name === 'torrent' && field.optional)
      ? [`\`${typeOf(declared)}\``]
      : [];
  });
  return (
    'Every object has `type`, `time` (a *time*) and `torrent` (an *info-hash*); ' +
    `${untied.join(', ')} have no \`torrent\` where none is known.`
  );
};

/** The table of the README: each event, when it is told, and what it says; before it what is the same for all. */
export const jsonTable = (types: Types, root: string): string =>
  [
    ...[everywhere(types, root), '', ...EXPLAINED.map((name) => explained(name, types)), ''],
    ...['| `type` | when | fields; those with ? may be absent |', '| --- | --- | --- |'],
    ...membersOf(types, root).map((name) => row(name, types)),
  ].join('\n');
