import { now } from '../../contracts/clock.ts';
import { Ways } from './families.ts';

/** Milliseconds for which a connection id may be used. BEP 15. */
export const ID_LIFETIME = 60_000;
/** Maximum number of trackers remembered; the oldest are forgotten first. */
export const MAX_REMEMBERED = 400;

/**
 * What is remembered about UDP trackers: connection ids, the address of a host that answered, and the address family by
 * which it did not.
 */
export class UdpMemory {
  readonly ways: Ways;
  readonly #ids = new Map<string, { readonly id: Uint8Array; readonly since: number }>();
  readonly #homes = new Map<string, string>();

  constructor(ways = new Ways()) {
    this.ways = ways;
  }

  /** The connection id for an address and port; undefined if there is none, or it has expired. */
  id(key: string): Uint8Array | undefined {
    const known = this.#ids.get(key);
    return known !== undefined && now() - known.since < ID_LIFETIME ? known.id : undefined;
  }

  connected(key: string, id: Uint8Array): void {
    bounded(this.#ids).set(key, { id, since: now() });
  }

  forget(key: string): void {
    this.#ids.delete(key);
  }

  /** `place` stands for a tracker and an address family. */
  answered(place: string, host: string): void {
    bounded(this.#homes).set(place, host);
  }

  home(place: string): string | undefined {
    return this.#homes.get(place);
  }
}

const bounded = <Item>(items: Map<string, Item>): Map<string, Item> => {
  const [oldest] = items.keys();
  if (items.size >= MAX_REMEMBERED && oldest !== undefined) items.delete(oldest);
  return items;
};
