import fc from 'fast-check';
import { dictOf, listOf, type Value } from '../../src/protocol/encoding/bencode.ts';

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Canonical bencode as the text of BEP 3 has it, one char a byte: slow, obvious, and independent of what it tests. */
export const written = (value: Value): string => {
  if (typeof value === 'number' || typeof value === 'bigint') return `i${value}e`;
  if (value instanceof Uint8Array) return `${value.length}:${Buffer.from(value).toString('latin1')}`;
  const list = listOf(value);
  if (list) return `l${list.map(written).join('')}e`;
  const entries = [...(dictOf(value) ?? [])].sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b)));
  return `d${entries.map(([key, member]) => `${key.length}:${key}${written(member)}`).join('')}e`;
};

const binaryKey = fc.uint8Array({ maxLength: 12 }).map((key) => Buffer.from(key).toString('latin1'));
const asciiKey = fc.stringMatching(/^[a-z ]{1,8}$/);
const trickyKey = fc.constantFrom(
  '',
  '__proto__',
  'constructor',
  'toString',
  '10',
  '2',
  '\u00ef\u00bb\u00bfa',
  '\u00ef\u00bf\u00bd',
  'hasOwnProperty',
);

/** Any value that bencode can hold, keys that are no text and integers that are no exact numbers among them. */
export const anyValue = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeInteger(),
    fc.bigInt(2n ** 53n, 10n ** 20n - 1n),
    fc.bigInt(-(10n ** 20n) + 1n, -(2n ** 53n)),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(asciiKey, binaryKey, trickyKey), tie('value')), {
        maxLength: 5,
        selector: ([key]) => key,
      })
      .map((entries) => new Map(entries)),
  ),
})).value;
