import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** What a declaration says in its comment. */
export interface Doc {
  readonly text: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly doc: Doc;
  readonly type: ts.TypeNode;
}

/** An interface with all that it inherits, or a word for a type. */
export type Declared =
  | { readonly kind: 'object'; readonly doc: Doc; readonly fields: readonly Field[] }
  | { readonly kind: 'word'; readonly doc: Doc; readonly type: ts.TypeNode };

export type Types = ReadonlyMap<string, Declared>;

const FILES = [
  'contracts/json/jsonUnits.ts',
  'contracts/json/jsonDownload.ts',
  'contracts/json/jsonResult.ts',
  'contracts/json/jsonEvent.ts',
];

const docOf = (node: ts.Node): Doc => {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const tags = ts
    .getJSDocTags(node)
    .map((tag) => [tag.tagName.text, (ts.getTextOfJSDocComment(tag.comment) ?? '').trim()] as const);
  return { text: (ts.getTextOfJSDocComment(comment?.comment) ?? '').trim(), tags: Object.fromEntries(tags) };
};

export const fieldsOf = (members: ts.NodeArray<ts.TypeElement>): readonly Field[] =>
  members.map((member) => {
    if (!ts.isPropertySignature(member) || member.type === undefined)
      throw new TypeError(`${member.getText()}: only properties are understood`);
    return {
      name: (member.name as ts.Identifier).text,
      optional: member.questionToken !== undefined,
      doc: docOf(member),
      type: member.type,
    };
  });

/** Fields of an interface: `type` and its own first, then what it has from others. */
const allFields = (name: string, found: ReadonlyMap<string, ts.InterfaceDeclaration>): readonly Field[] => {
  const declaration = found.get(name);
  if (declaration === undefined) throw new TypeError(`${name}: there is no such interface`);
  const parents = (declaration.heritageClauses ?? []).flatMap(({ types }) =>
    types.map(({ expression }) => expression.getText()),
  );
  const own = fieldsOf(declaration.members);
  const inherited = parents
    .flatMap((parent) => allFields(parent, found))
    .filter((field) => !own.some((each) => each.name === field.name));
  const [type, ...rest] = own;
  return type?.name === 'type' ? [type, ...inherited, ...rest] : [...inherited, ...own];
};

/** All that the files of the JSON interface declare, by name. */
export const jsonTypes = (): Types => {
  const found = new Map<string, ts.InterfaceDeclaration>();
  const types = new Map<string, Declared>();
  for (const file of FILES) {
    const path = fileURLToPath(new URL(`../../src/${file}`, import.meta.url));
    for (const node of ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true).statements) {
      if (ts.isInterfaceDeclaration(node)) {
        found.set(node.name.text, node);
        types.set(node.name.text, { kind: 'object', doc: docOf(node), fields: allFields(node.name.text, found) });
      } else if (ts.isTypeAliasDeclaration(node))
        types.set(node.name.text, { kind: 'word', doc: docOf(node), type: node.type });
    }
  }
  return types;
};

/** `readonly` and parentheses say nothing of what is written. */
export const bare = (type: ts.TypeNode): ts.TypeNode => {
  if (ts.isParenthesizedTypeNode(type)) return bare(type.type);
  if (ts.isTypeOperatorNode(type) && type.operator === ts.SyntaxKind.ReadonlyKeyword) return bare(type.type);
  if (ts.isTypeReferenceNode(type) && type.typeName.getText() === 'Readonly')
    return bare(type.typeArguments?.[0] as ts.TypeNode);
  return type;
};

/** The names in a union such as `JsonEvent`, in their order. */
export const membersOf = (types: Types, name: string): readonly string[] => {
  const declared = types.get(name);
  if (declared?.kind !== 'word' || !ts.isUnionTypeNode(declared.type)) throw new TypeError(`${name} is no union`);
  return declared.type.types.map((each) => each.getText());
};

/** The `type` of an event. */
export const typeOf = ({ fields }: { readonly fields: readonly Field[] }): string => {
  const [field] = fields;
  if (field?.name !== 'type' || !ts.isLiteralTypeNode(field.type)) throw new TypeError('an event begins with its type');
  return (field.type.literal as ts.StringLiteral).text;
};
