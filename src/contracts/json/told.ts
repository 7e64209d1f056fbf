import type { JsonEvent } from './jsonEvent.ts';

/**
 * An object of `--json` without what every object has: the command does not know the time, nor always which torrent it
 * is of.
 */
export type Bare<Event> = Event extends unknown ? Omit<Event, 'time' | 'torrent'> : never;

export type Told = Bare<JsonEvent>;

/** Those that need not be of a torrent. */
export type ToldOfAny = Bare<Exclude<JsonEvent, { readonly torrent: string }>>;

/** One object by its `type`. */
export type ToldAs<Type extends JsonEvent['type']> = Bare<Extract<JsonEvent, { readonly type: Type }>>;
