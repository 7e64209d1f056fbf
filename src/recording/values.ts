import type { HttpReply, HttpStream, PeerAddress } from '../contracts/network.ts';
import type { FileStamp } from '../contracts/storage.ts';
import { InputError, NetworkError, type NetworkCode, StorageError, type StorageCode } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import { toHex } from '../protocol/encoding/id.ts';
import { Malformed } from '../protocol/encoding/malformed.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import type { Call } from './tappedEnv.ts';

/** What can be subscribed to, by the number that stands for it in a recording: new ones come last. */
export const WHATS = [
  'connect',
  'bytes',
  'drained',
  'listen',
  'calls',
  'wire',
  'http',
  'udp',
  'datagrams',
  'undelivered',
  'moved',
  'resolve',
  'storage',
  'read',
  'readApart',
  'digest',
  'write',
  'writev',
  'save',
  'finish',
  'stamps',
  'flush',
  'load',
  'others',
  'verify',
  'input',
  'answer',
  'body',
] as const satisfies readonly (Call['what'] | 'input')[];
export type Channel = (typeof WHATS)[number];

/** What a storage is like. */
export interface StorageShape {
  readonly place: string;
  readonly paths: readonly string[];
  readonly ordered: boolean;
  readonly boot: string;
  readonly digest: boolean;
  readonly writev: boolean;
}

/** A caller, without its wire. */
export type Caller = Pick<PeerAddress, 'host' | 'port' | 'source'> & { readonly wire: boolean };

/** What each channel emits, as far as it is recorded. `bytes` is what was kept of a chunk of `length` bytes. */
export interface Values {
  readonly connect: undefined;
  readonly bytes: { readonly length: number; readonly kept: Uint8Array };
  readonly drained: undefined;
  readonly listen: number;
  readonly calls: Caller;
  readonly wire: undefined;
  readonly http: HttpReply;
  readonly udp: { readonly port: number; readonly moves: boolean };
  readonly datagrams: { readonly host: string; readonly port: number; readonly bytes: Uint8Array };
  readonly undelivered: { readonly host: string; readonly port: number; readonly why: string };
  readonly moved: undefined;
  readonly resolve: readonly string[];
  readonly storage: StorageShape;
  readonly read: number;
  readonly readApart: number;
  readonly digest: Uint8Array;
  readonly write: number;
  readonly writev: number;
  readonly save: undefined;
  readonly finish: undefined;
  readonly stamps: readonly FileStamp[];
  readonly flush: undefined;
  readonly load: Uint8Array | undefined;
  readonly others: readonly Uint8Array[];
  readonly verify: boolean;
  readonly input: unknown;
  /** An answer whose body comes as chunks, of which only the lengths are known. */
  readonly answer: Omit<HttpStream, 'bytes$'>;
  readonly body: number;
}

interface Codec<T> {
  readonly put: (to: ByteWriter, value: T) => void;
  readonly get: (from: ByteReader) => T;
}

/** Longest chunk, in bytes: no read or write is longer. */
const MAX_CHUNK = 1 << 24;

/** @throws Malformed */
export const chunkLength = (from: ByteReader): number => {
  const length = from.number();
  if (length > MAX_CHUNK) throw new Malformed('chunk', `at most ${MAX_CHUNK} bytes`, length);
  return length;
};

const nothing: Codec<undefined> = { put: () => undefined, get: () => undefined };
const number: Codec<number> = { put: (to, value) => to.number(value), get: (from) => from.number() };
const bytes: Codec<Uint8Array> = { put: (to, value) => to.run(value), get: (from) => from.run() };
const flag: Codec<boolean> = { put: (to, value) => to.u8(value ? 1 : 0), get: (from) => from.u8() === 1 };

/** JSON whose shape `is` checks: a recording may come from anywhere. */
const json = <T>(is: (value: unknown) => boolean): Codec<T> => ({
  put: (to, value) => to.text(JSON.stringify(value) ?? 'null'),
  get: (from) => parsedAs<T>(from.text(), is),
});

/** @throws Malformed */
export const parsedAs = <T>(text: string, is: (value: unknown) => boolean): T => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed('recording', 'JSON', text.slice(0, 40));
  }
  if (!is(value)) throw new Malformed('recording', 'another shape', text.slice(0, 40));
  return value as T;
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(is);
const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isShape = (value: unknown): boolean =>
  isObject(value) && isText(value['place']) && isText(value['boot']) && listOf(isText)(value['paths']);
const isAnswer = (value: unknown): boolean =>
  isObject(value) && isNumber(value['status']) && isText(value['url']) && isObject(value['headers']);
const isStamp = (value: unknown): boolean => isObject(value) && isNumber(value['size']) && isNumber(value['mtime']);
export const isNumbers = listOf(isNumber);

/** How each channel's values are written. */
export const CODECS: { readonly [C in Channel]: Codec<Values[C]> } = {
  connect: nothing,
  bytes: {
    put: (to, { length, kept }) => {
      to.number(length);
      to.run(kept);
    },
    get: (from) => ({ length: chunkLength(from), kept: from.run() }),
  },
  drained: nothing,
  listen: number,
  calls: {
    put: (to, { host, port, wire }) => {
      to.text(host);
      to.number(port);
      flag.put(to, wire);
    },
    get: (from) => ({ host: from.text(), port: from.number(), source: 'incoming', wire: flag.get(from) }),
  },
  wire: nothing,
  http: {
    put: (to, { status, url, body }) => {
      to.number(status);
      to.text(url);
      to.run(body);
    },
    get: (from) => ({ status: from.number(), url: from.text(), body: from.run() }),
  },
  udp: {
    put: (to, { port, moves }) => {
      to.number(port);
      flag.put(to, moves);
    },
    get: (from) => ({ port: from.number(), moves: flag.get(from) }),
  },
  datagrams: {
    put: (to, { host, port, bytes }) => {
      to.text(host);
      to.number(port);
      to.run(bytes);
    },
    get: (from) => ({ host: from.text(), port: from.number(), bytes: from.run() }),
  },
  undelivered: {
    put: (to, { host, port, why }) => {
      to.text(host);
      to.number(port);
      to.text(why);
    },
    get: (from) => ({ host: from.text(), port: from.number(), why: from.text() }),
  },
  moved: nothing,
  resolve: json(listOf(isText)),
  storage: json(isShape),
  read: number,
  readApart: number,
  digest: bytes,
  write: number,
  writev: number,
  save: nothing,
  finish: nothing,
  stamps: json(listOf(isStamp)),
  flush: nothing,
  load: {
    put: (to, note) => {
      flag.put(to, note !== undefined);
      if (note !== undefined) to.run(note);
    },
    get: (from) => (flag.get(from) ? from.run() : undefined),
  },
  others: {
    put: (to, notes) => {
      to.number(notes.length);
      for (const note of notes) to.run(note);
    },
    get: (from) => {
      const notes: Uint8Array[] = [];
      for (let left = from.number(); left > 0; left--) notes.push(from.run());
      return notes;
    },
  },
  verify: flag,
  answer: json(isAnswer),
  body: { put: (to, length) => to.number(length), get: chunkLength },
  input: {
    put: (to, value) => to.text(JSON.stringify(value) ?? ''),
    get: (from) => {
      const text = from.text();
      return text === '' ? undefined : parsedAs<unknown>(text, () => true);
    },
  },
};

/** What a call is about, in one readable line: two calls with the same line are the same. */
export const subject = (call: Call): string => {
  switch (call.what) {
    case 'connect':
      return `${addressText(call.address)} ${call.address.source}`;
    case 'wire':
      return `${addressText(call.address)} incoming`;
    case 'listen':
      return `${call.options.ports.join(',')}${call.options.host === undefined ? '' : ` ${call.options.host}`}`;
    case 'http':
      return call.request.family === undefined ? call.request.url : `${call.request.url} IPv${call.request.family}`;
    case 'answer':
      return `${call.request.url} ${call.request.headers?.['range'] ?? ''}`.trimEnd();
    case 'udp': {
      const { family, port, multicast, to } = call.options;
      return [`IPv${family}`, port ?? 0, multicast, to && addressText(to)]
        .filter((part) => part !== undefined)
        .join(' ');
    }
    case 'resolve':
      return call.host;
    case 'storage':
      return toHex(call.torrent.infoHash);
    case 'verify':
      return String(call.piece);
    case 'save':
      return `${call.length}${call.complete ? ' complete' : ''}`;
    default:
      return 'offset' in call ? `${call.offset} ${call.length}` : '';
  }
};

/** What belongs to nothing else. */
export const ofWhat = (call: Call): Call | undefined => ('of' in call ? call.of : undefined);

interface WrittenError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly where?: string;
  readonly why?: string;
  readonly lasting?: boolean;
}

export const errorText = (error: unknown): string => {
  if (!(error instanceof Error)) return JSON.stringify({ name: 'Error', message: String(error) });
  const { code } = error as { readonly code?: unknown };
  const more = error instanceof NetworkError ? { where: error.where, why: error.why, lasting: error.lasting } : {};
  const named = typeof code === 'string' ? { code } : {};
  return JSON.stringify({ name: error.name, message: error.message, ...named, ...more } satisfies WrittenError);
};

/** The error again, of its own class. @throws Malformed */
export const errorOf = (text: string): Error => {
  const { name, code, message, where, why, lasting } = parsedAs<WrittenError>(
    text,
    (value) => isObject(value) && isText(value['name']) && isText(value['message']),
  );
  if (name === 'NetworkError')
    return new NetworkError(code as NetworkCode, String(where), String(why), { lasting: lasting === true });
  if (name === 'StorageError') return new StorageError(code as StorageCode, message);
  if (name === 'InputError') return new InputError('bad-option', message);
  return Object.assign(new Error(message), { name });
};
