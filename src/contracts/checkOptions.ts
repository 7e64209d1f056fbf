import { ID_LENGTH } from '../protocol/encoding/id.ts';
import { InputError } from './errors.ts';

/** The valid values of an option, and the words that the user reads if a value is not one of them. */
type Check = (value: unknown) => string | undefined;

const shown = (value: unknown): string => {
  if (value instanceof Uint8Array) return `of ${value.length} bytes`;
  return typeof value === 'number' || typeof value === 'string' ? String(value) : JSON.stringify(value);
};

const whole =
  (least: number, most = Infinity): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `a whole number ${most === Infinity ? `from ${least}` : `from ${least} to ${most}`}`;
const atLeast =
  (least: number): Check =>
  (value) =>
    typeof value === 'number' && value >= least ? undefined : `a number from ${least}`;
const aFunction: Check = (value) => (isFunction(value) ? undefined : 'a function');
const peerId: Check = (value) =>
  value instanceof Uint8Array && value.length === ID_LENGTH ? undefined : `${ID_LENGTH} bytes`;
const ports: Check = (value) =>
  Array.isArray(value) && value.every((port) => whole(0, 65_535)(port) === undefined)
    ? undefined
    : 'ports from 0 to 65535';
const listOf =
  (what: string, isOne: (value: unknown) => boolean): Check =>
  (value) =>
    Array.isArray(value) && value.every(isOne) ? undefined : `a list of ${what}`;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isTier = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isExtension = (value: unknown): boolean =>
  isObject(value) && 'name' in value && isText(value.name) && 'talk' in value && isFunction(value.talk);
/** Streams are not checked, so what is checked is none. */
const aStream: Check = () => 'an Observable';
const aSource: Check = (value) => (value === false ? undefined : 'false, or an Observable of addresses');
const aSwitch: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const endgame: Check = (value) =>
  value === 'on' || value === 'off' || value === 'strict' ? undefined : 'on, off or strict';
const window: Check = (value) =>
  typeof value === 'function' || (typeof value === 'number' && value >= 0)
    ? undefined
    : 'a number from 0, or a function';
const isSpan = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((file) => Number.isInteger(file) && (file as number) >= 0) &&
  (value[0] as number) <= (value[1] as number);
const select: Check = (value) =>
  typeof value === 'function' || (Array.isArray(value) && value.every(isSpan))
    ? undefined
    : 'pairs of numbers of files, the first and the last of each span, or a function';
const isPriority = (value: unknown): boolean =>
  isObject(value) &&
  'priority' in value &&
  whole(-128, 127)(value.priority) === undefined &&
  (!('files' in value) || value.files === undefined || (Array.isArray(value.files) && value.files.every(isSpan))) &&
  (!('ends' in value) || typeof value.ends === 'boolean');
const priorities: Check = (value) =>
  typeof value === 'function' || (Array.isArray(value) && value.every(isPriority))
    ? undefined
    : 'a list, each with a `priority` from -128 to 127 and spans of `files`, or a function';
const isPace = (value: unknown): boolean => isObject(value) && 'trackers' in value && 'lsd' in value && 'dht' in value;
const pace: Check = (value) =>
  isFunction(value) || isPace(value) ? undefined : 'a pace, or a function that returns one';
const anObject =
  (what: string): Check =>
  (value) =>
    isObject(value) ? undefined : what;

/** Options that mean the same in every function that takes them. */
const CHECKS: Readonly<Record<string, Check>> = {
  peerId,
  maxPeers: whole(1),
  slots: whole(0),
  memory: atLeast(0),
  port: whole(0, 65_535),
  ports,
  maxConnections: whole(1),
  dialRate: atLeast(0),
  choker: aFunction,
  order: aFunction,
  endgame,
  window,
  select,
  priorities,
  pace,
  peers: listOf('addresses', isObject),
  peers$: aStream,
  pause$: aStream,
  /** What `pause$` says. */
  paused: aSwitch,
  stop$: aStream,
  reception$: aStream,
  dht$: aStream,
  network$: aStream,
  sources: anObject('the sources that are replaced'),
  'sources.trackers': aSource,
  'sources.dht': aSource,
  'sources.lsd': aSource,
  'sources.pex': aSource,
  lsd: aSwitch,
  pex: aSwitch,
  listens: aSwitch,
  recheck: aSwitch,
  placed: aFunction,
  budget: anObject('a ConnectionBudget'),
  converse: listOf('operators', isFunction),
  extensions: listOf('extensions, each with a `name` and `talk`', isExtension),
  strategy: anObject('a strategy'),
  trackers: listOf('tiers, each a list of URLs', isTier),
  limits: anObject('bytes a second, `down` and `up`'),
  seed: anObject('limits of seeding'),
  'seed.ratio': atLeast(0),
  'seed.time': atLeast(0),
  'seed.idle': atLeast(0),
  target: (value) => (isObject(value) && 'folder' in value ? undefined : 'a place, such as { folder: "." }'),
  'target.folder': (value) => (isText(value) ? undefined : 'the path of a folder'),
};

/** Where each option stands. */
const PATHS: readonly (readonly [path: string, name: string, inner: string | undefined])[] = Object.keys(CHECKS).map(
  (path) => {
    const [name = '', inner] = path.split('.');
    return [path, name, inner];
  },
);

const isStream = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'subscribe' in value && typeof value.subscribe === 'function';

/**
 * Returns `options` unchanged if each of them is valid. An absent option is not checked, nor is a stream of values:
 * {@link checkOption} checks each value of a stream when it comes.
 *
 * @throws InputError `bad-option`
 */
export const checkOptions = <Options extends object>(options: Options): Options => {
  const all = options as Readonly<Record<string, unknown>>;
  for (const [path, name, inner] of PATHS) {
    const outer = all[name];
    checkOption(path, inner === undefined ? outer : (outer as Readonly<Record<string, unknown>> | undefined)?.[inner]);
  }
  return options;
};

/** Checks one option by its name: `maxPeers`, `seed.ratio`. @throws InputError `bad-option` */
export const checkOption = (name: string, value: unknown): void => {
  if (value === undefined || isStream(value)) return;
  const expected = CHECKS[name]?.(value);
  if (expected !== undefined) throw new InputError('bad-option', `${name} ${shown(value)}: expected ${expected}`);
};
