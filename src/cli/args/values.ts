import { InputError } from '../../contracts/errors.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { typedUrl } from '../../protocol/tracker/encodedUrl.ts';
import type { Given } from '../io/io.ts';
import { secondsOf } from './time.ts';

const bad = (option: string, got: string, expected: string): InputError =>
  new InputError('bad-option', `--${option} ${JSON.stringify(got)}: ${expected}`);

/** The texts given for `option`, none or many. */
export const texts = (given: Given, option: string): readonly string[] => {
  const value = given[option];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
};

/** The one text given for `option`, if any. */
export const text = (given: Given, option: string): string | undefined => {
  const [first, ...more] = texts(given, option);
  if (more.length > 0)
    throw new InputError('bad-option', `--${option} is given ${more.length + 1} times: give it once`);
  if (first === '') throw new InputError('bad-option', `--${option} is empty: give it a value`);
  return first;
};

export const flag = (given: Given, option: string): boolean => {
  const value = given[option];
  return Array.isArray(value) ? value.at(-1) === true : value === true;
};

/** A whole number from `least` to `most`. */
export const wholeNumber = (given: Given, option: string, least: number, most: number): number | undefined => {
  const got = text(given, option);
  if (got === undefined) return undefined;
  const number = /^\d{1,15}$/.test(got) ? Number(got) : Number.NaN;
  if (!(number >= least && number <= most)) throw bad(option, got, `expected a whole number from ${least} to ${most}`);
  return number;
};

/** Seconds of the longest valid time: Node's timers last 24 days at most. */
const LONGEST = 2_000_000;

/** Seconds of a time above 0, such as `30`, `90s`, `5m`, `1.5h` or `1h30m`. */
export const seconds = (given: Given, option: string): number | undefined => {
  const got = text(given, option);
  if (got === undefined) return undefined;
  const time = secondsOf(got);
  if (!(time > 0 && time <= LONGEST))
    throw bad(option, got, 'expected a time above 0 and up to 23d, for example 90s, 5m, 1h30m or 1d');
  return time;
};

const POWERS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

const sizeText = (bytes: number): string => {
  const [unit = '', power = 1] = Object.entries(POWERS).findLast(([, each]) => bytes >= each) ?? [];
  return `${bytes / power}${unit.toUpperCase()}`;
};

/** A number of bytes such as `65536`, `64M` or `1.5 GiB`; K, M, G are powers of 1024. */
export const size = (given: Given, option: string, least: number, most: number): number | undefined => {
  const got = text(given, option);
  if (got === undefined) return undefined;
  const [, number, unit] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([kmg]?)(?:i?b)?$/i.exec(got) ?? [];
  const bytes =
    number === undefined ? Number.NaN : Math.round(Number(number) * (POWERS[(unit ?? '').toLowerCase()] ?? Number.NaN));
  if (!(bytes >= least && bytes <= most))
    throw bad(option, got, `expected a size from ${sizeText(least)} to ${sizeText(most)}, for example 64M`);
  return bytes;
};

/** One of `words`. */
export const oneOf = <Word extends string>(given: Given, option: string, words: readonly Word[]): Word | undefined => {
  const got = text(given, option);
  if (got === undefined) return undefined;
  const word = words.find((each) => each === got);
  if (word === undefined) throw bad(option, got, `expected ${words.join(' or ')}`);
  return word;
};

/** `host:port`, IPv6 as `[::1]:6881`; `what` is the argument that it was given for. */
export const hostAndPort = (what: string, got: string): PeerAddress => {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/i.exec(got) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port, source: 'manual' };
  throw new InputError(
    'bad-option',
    `${what} ${JSON.stringify(got)}: expected host:port, for example 192.0.2.7:6881 or [2001:db8::7]:6881`,
  );
};

/** The `host:port` given for `option`. */
export const address = (option: string, got: string): PeerAddress => hostAndPort(`--${option}`, got);

/** The http, https or udp URL of a tracker, encoded; udp needs a port. */
export const trackerAddress = (option: string, got: string): string => {
  const encoded = typedUrl(got) ?? '';
  const url = URL.canParse(encoded) ? new URL(encoded) : undefined;
  const known =
    url?.protocol === 'http:' ||
    url?.protocol === 'https:' ||
    (url?.protocol === 'udp:' && url.hostname !== '' && Number(url.port) > 0);
  if (!known) throw bad(option, got, 'expected http(s)://host/announce or udp://host:port');
  return encoded;
};

/** The http(s) URL of a web seed, encoded. */
export const webSeedAddress = (option: string, got: string): string => {
  const encoded = typedUrl(got) ?? '';
  const url = URL.canParse(encoded) ? new URL(encoded) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw bad(option, got, 'expected http(s)://host/path');
  return encoded;
};

/** Seconds since 1970: `now`, such a number, or a date such as `2026-11-21` or `2026-11-21T12:00:00Z`. */
export const date = (given: Given, option: string, now: number): number | undefined => {
  const got = text(given, option);
  if (got === undefined) return undefined;
  if (got === 'now') return Math.floor(now / 1000);
  const seconds = /^\d{1,12}$/.test(got)
    ? Number(got)
    : /^\d{4}-\d\d-\d\d(T[\d:.]+Z?)?$/.test(got)
      ? Math.floor(Date.parse(got) / 1000)
      : Number.NaN;
  if (!(seconds >= 0)) throw bad(option, got, 'expected now, seconds since 1970, or a date such as 2026-11-21');
  return seconds;
};
