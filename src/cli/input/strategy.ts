import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { catchError, isObservable, type OperatorFunction, throwError } from 'rxjs';
import { InputError, type PeerCode, PeerError } from '../../contracts/errors.ts';
import type { Peer } from '../../contracts/peer.ts';
import type { DownloadOptions } from '../../download/options.ts';
import { visible } from '../io/text.ts';
import type { Given } from '../io/io.ts';
import { flag, text } from '../args/values.ts';
import { watchedStrategy } from './watchedStrategy.ts';

const isFunction = (value: unknown): value is (...given: readonly unknown[]) => unknown => typeof value === 'function';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isList = (value: unknown): boolean => Array.isArray(value);
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
/** A value, or a stream of values: of whichever copy of RxJS the module has. */
const changing =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    isObservable(value) || is(value);

/** What a strategy may replace of a download, and of which kind it is. */
const PARTS = {
  order: ['a function or a stream of them', changing(isFunction)],
  choker: ['a function or a stream of them', changing(isFunction)],
  select: ['a list of spans, a function or a stream of lists', changing((value) => isList(value) || isFunction(value))],
  priorities: [
    'a list of priorities, a function or a stream of lists',
    changing((value) => isList(value) || isFunction(value)),
  ],
  maxPeers: ['a number or a stream of them', changing(isNumber)],
  slots: ['a number or a stream of them', changing(isNumber)],
  window: ['a number, a function or a stream of them', changing((value) => isNumber(value) || isFunction(value))],
  endgame: [
    'on, off, strict or a stream of them',
    changing((value) => ['on', 'off', 'strict'].includes(String(value))),
  ],
  pause$: ['a stream', isObservable],
  peers$: ['a stream', isObservable],
  sources: ['an object or a stream of them', changing(isObject)],
  pace: ['an object or a function', (value) => isObject(value) || isFunction(value)],
  converse: ['a list', isList],
  extensions: ['a list', isList],
} as const satisfies Partial<Record<keyof DownloadOptions, readonly [kind: string, is: (value: unknown) => boolean]>>;
type Part = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as readonly Part[];

/** Options of a download that stand in a module of the user's: a `Strategy`, and more. */
type Exported = Partial<Pick<DownloadOptions, Part>>;

/** What can't change while a download runs. */
const LASTING = ['select', 'priorities', 'pause$', 'extensions'] as const satisfies readonly Part[];

const refused = (path: string, why: string): InputError =>
  new InputError('bad-option', visible(`--strategy ${path}: ${why}`));

type Module = Readonly<Record<string, unknown>>;

/** Imports a module as Node does, although all of ours is one file. */
export const importModule = (url: string): Promise<Module> =>
  (createRequire(import.meta.url)('../bundle/imported.cjs') as (url: string) => Promise<Module>)(url);

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** What was loaded before is kept by Node for ever: `nth` makes it another module. */
const loaded = async (path: string, nth: number): Promise<Module> => {
  const file = resolve(path);
  if (!existsSync(file)) throw refused(path, 'there is no such file');
  try {
    return await importModule(`${pathToFileURL(file).href}${nth === 0 ? '' : `?${nth}`}`);
  } catch (error) {
    if (error instanceof SyntaxError) throw refused(path, `does not parse: ${firstLine(error)}`);
    throw refused(path, `can't be loaded: ${firstLine(error)}`);
  }
};

/** What a module exports: by names, or all in `default`, which may be a function of our library. */
const exported = (path: string, module: Module, library: object): Record<string, unknown> => {
  const { default: whole, ...named } = module;
  if (!isFunction(whole)) return { ...named, ...(whole as object | undefined) };
  try {
    return { ...named, ...(whole(library) as object | undefined) };
  } catch (error) {
    throw refused(path, `fails: ${firstLine(error)}`);
  }
};

/** An error of a library that the module has brought along is no instance of ours: by its name it means the same. */
const ours = (error: unknown): unknown => {
  if (!(error instanceof Error) || error.name !== 'PeerError' || error instanceof PeerError) return error;
  return new PeerError((error as Error & { readonly code: PeerCode }).code, error.message, { cause: error });
};

const understood =
  (side: OperatorFunction<Peer, never>): OperatorFunction<Peer, never> =>
  (peers$) =>
    side(peers$).pipe(catchError((error: unknown) => throwError(() => ours(error))));

/** Those of its exports that are parts of a download. @throws InputError */
const partsOf = (path: string, found: Record<string, unknown>): Exported => {
  const names = NAMES.filter((name) => found[name] !== undefined);
  if (names.length === 0) throw refused(path, `exports none of ${NAMES.join(', ')}`);
  for (const name of names) {
    const [kind, is] = PARTS[name];
    if (!is(found[name])) throw refused(path, `${name} is not ${kind}`);
  }
  return Object.fromEntries(names.map((name) => [name, found[name]]));
};

/** The parts of a download that a module replaces, read for the nth time. @throws InputError */
export const readStrategy = async (path: string, nth = 0): Promise<Exported> => {
  const strategy = partsOf(path, exported(path, await loaded(path, nth), await import('../../index.ts')));
  return strategy.converse === undefined ? strategy : { ...strategy, converse: strategy.converse.map(understood) };
};

/**
 * Makes the strategy of a module again and again, each time with a state of its own if it is a function of our library,
 * which is `library`. @throws InputError
 */
export const strategyMaker = async (path: string, library: object): Promise<() => Exported> => {
  const module = await loaded(path, 0);
  const made = (): Exported => partsOf(path, exported(path, module, library));
  made();
  return made;
};

/**
 * The parts of a download that the module of `--strategy` replaces; none if it is not given. With `--watch` they are
 * replaced each time that the file changes, and `say` is told.
 *
 * @throws InputError
 */
export const strategyOf = async (
  given: Given,
  say: (line: string) => void,
): Promise<Exported & Pick<DownloadOptions, 'strategy'>> => {
  const path = text(given, 'strategy');
  const watches = flag(given, 'watch');
  if (path === undefined) {
    if (watches) throw new InputError('bad-option', '--watch reads a strategy again: give --strategy, too');
    return {};
  }
  const first = await readStrategy(path);
  if (!watches) return first;
  const lasting = Object.fromEntries(LASTING.filter((name) => name in first).map((name) => [name, first[name]]));
  return { ...lasting, strategy: watchedStrategy(path, first, (nth) => readStrategy(path, nth), say) };
};
