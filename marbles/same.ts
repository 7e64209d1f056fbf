import { Observable } from 'rxjs';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Errors are compared by name and code, and by message only where there is no code; stacks and causes do not count. */
const sameError = (received: Error, expected: Record<string, unknown>): boolean => {
  const { name, code, message } = received as Error & { readonly code?: unknown };
  if (expected['name'] !== name || expected['code'] !== code) return false;
  return code !== undefined || expected['message'] === message;
};

export const sameBytes = (received: Uint8Array, expected: Uint8Array): boolean =>
  Buffer.compare(received, expected) === 0;

/** Is `received` what was drawn? By structure; streams and functions by identity, errors by name and code. */
export const same = (received: unknown, expected: unknown): boolean => {
  if (Object.is(received, expected)) return true;
  if (!isObject(received) || !isObject(expected)) return false;
  if (received instanceof Error) return sameError(received, expected);
  if (received instanceof Observable || expected instanceof Observable) return false;
  if (Object.getPrototypeOf(received) !== Object.getPrototypeOf(expected)) return false;
  if (received instanceof Uint8Array) return sameBytes(received, expected as unknown as Uint8Array);
  if (received instanceof Map || received instanceof Set)
    return same([...received], [...(expected as unknown as Iterable<unknown>)]);
  const keys = Object.keys(received);
  return (
    keys.length === Object.keys(expected).length &&
    keys.every((key) => Object.hasOwn(expected, key) && same(received[key], expected[key]))
  );
};

const MAX_SHOWN = 100;

/** A value on one short line, for the legend under a lane. */
export const show = (value: unknown): string => {
  const text = describe(value, 0);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
};

const describe = (value: unknown, depth: number): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'ƒ';
  if (!isObject(value)) return String(value);
  if (value instanceof Error)
    return [value.name, (value as { readonly code?: string }).code, `“${value.message}”`]
      .filter((part) => part !== undefined)
      .join(' ');
  if (value instanceof Observable) return 'Observable';
  if (value instanceof Uint8Array)
    return [`${value.length} bytes`, ...value.subarray(0, 8), ...(value.length > 8 ? ['…'] : [])].join(' ');
  if (depth > 2) return '…';
  if (Array.isArray(value)) return `[${value.map((item) => describe(item, depth + 1)).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${describe(item, depth + 1)}`)
    .join(', ')} }`;
};
