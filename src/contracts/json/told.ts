import type { JsonEvent } from './jsonEvent.ts';

/**
 * An object of `--json` without the keys that every object has: the command knows neither the time nor, always, which
 * torrent the object belongs to.
 */
export type Bare<Event> = Event extends unknown ? Omit<Event, 'time' | 'torrent'> : never;

export type Told = Bare<JsonEvent>;

/** Objects that need not belong to a torrent. */
export type ToldOfAny = Bare<Exclude<JsonEvent, { readonly torrent: string }>>;

/** One object by its `type`. */
export type ToldAs<Type extends JsonEvent['type']> = Bare<Extract<JsonEvent, { readonly type: Type }>>;
