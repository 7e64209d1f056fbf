import ts from 'typescript';
import { bare, type Doc, type Field, fieldsOf, membersOf, type Types } from './types.ts';

type Schema = Record<string, unknown>;

const NUMBERS: ReadonlySet<string> = new Set(['minimum', 'maximum']);

/** What tags say of a word: `@integer`, `@minimum 0`, `@pattern …`. */
const tagged = ({ tags }: Doc): Schema => {
  const { integer, ...rest } = tags;
  return {
    ...(integer !== undefined && { type: 'integer' }),
    ...Object.fromEntries(Object.entries(rest).map(([tag, value]) => [tag, NUMBERS.has(tag) ? Number(value) : value])),
  };
};

const described = ({ text }: Doc): Schema => (text === '' ? {} : { description: text.replaceAll('\n', ' ') });

const PLAIN = new Map<ts.SyntaxKind, Schema>([
  [ts.SyntaxKind.StringKeyword, { type: 'string' }],
  [ts.SyntaxKind.NumberKeyword, { type: 'number' }],
  [ts.SyntaxKind.BooleanKeyword, { type: 'boolean' }],
  [ts.SyntaxKind.UnknownKeyword, {}],
]);

const objectSchema = (fields: readonly Field[], types: Types, used: Set<string>): Schema => ({
  type: 'object',
  properties: Object.fromEntries(
    fields.map(({ name, doc, type }) => [name, { ...schemaOf(type, types, used), ...described(doc) }]),
  ),
  required: fields.filter(({ optional }) => !optional).map(({ name }) => name),
  additionalProperties: false,
});

const schemaOf = (given: ts.TypeNode, types: Types, used: Set<string>): Schema => {
  const type = bare(given);
  const plain = PLAIN.get(type.kind);
  if (plain !== undefined) return plain;
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return { const: type.literal.text };
  if (ts.isLiteralTypeNode(type) && type.literal.kind === ts.SyntaxKind.TrueKeyword) return { const: true };
  if (ts.isArrayTypeNode(type)) return { type: 'array', items: schemaOf(type.elementType, types, used) };
  if (ts.isTypeLiteralNode(type)) return objectSchema(fieldsOf(type.members), types, used);
  if (ts.isUnionTypeNode(type)) {
    const each = type.types.map((one) => schemaOf(one, types, used));
    return each.every((one) => 'const' in one) ? { enum: each.map((one) => one['const']) } : { oneOf: each };
  }
  if (ts.isTypeReferenceNode(type)) {
    const name = type.typeName.getText();
    if (name === 'Record')
      return { type: 'object', additionalProperties: schemaOf(type.typeArguments?.[1] as ts.TypeNode, types, used) };
    if (!types.has(name)) throw new TypeError(`${name} is not declared`);
    used.add(name);
    return { $ref: `#/$defs/${name}` };
  }
  throw new TypeError(`${type.getText()}: the schema has no word for that`);
};

/** The JSON Schema of a union of events, and of all that they are made of. */
export const jsonSchema = (types: Types, root: string): Schema => {
  const used = new Set<string>(membersOf(types, root));
  const defs: Schema = {};
  // What is used is found on the way.
  for (const name of used) {
    const declared = types.get(name);
    if (declared === undefined) throw new TypeError(`${name} is not declared`);
    const { doc } = declared;
    const schema =
      declared.kind === 'object'
        ? objectSchema(declared.fields, types, used)
        : { ...schemaOf(declared.type, types, used), ...tagged(doc) };
    defs[name] = { ...described(doc), ...schema };
  }
  const doc = types.get(root)?.doc ?? { text: '', tags: {} };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: root,
    ...described({ ...doc, text: doc.text.split('\n\n')[0] ?? '' }),
    oneOf: membersOf(types, root).map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: defs,
  };
};
