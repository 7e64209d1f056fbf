import { type Candidate, hostOf } from './addressKeys.ts';

/** Maximum number of connections to one public address, without those to peers that have nothing we lack. */
export const MAX_PER_HOST = 3;
/** Maximum number of known addresses of one public host: otherwise a single host could fill the address book. */
export const MAX_KNOWN_PER_HOST = 32;

/** Tells whether the peer of a session has nothing that we lack. Undefined when we lack nothing. */
export type Useless<A> = () => ((address: A) => boolean) | undefined;

interface Guest<A> {
  readonly address: Candidate;
  /** The address by which the session knows the peer. A peer that has called may later be dialled at another one. */
  readonly session: A;
}

/**
 * Limits the known addresses and the connections of each host. A household, a carrier's NAT or a seedbox may have many
 * peers behind one address, and an attacker may pretend to, in order to keep others out. Hence there is a limit, and it
 * gives way when the peers that hold its places have nothing we lack. Addresses that the user has given are neither
 * limited nor counted. Invariant: a host without addresses is not remembered.
 */
export class HostRoom<A> {
  readonly #known = new Map<string, Set<Guest<A>>>();
  readonly #active = new Map<string, Set<Guest<A>>>();
  readonly #useless: Useless<A>;

  constructor(useless: Useless<A> = () => undefined) {
    this.#useless = useless;
  }

  /** May a limit give way although no peer leaves? Then it has to be checked from time to time. */
  get mayYield(): boolean {
    return this.#useless() !== undefined;
  }

  knows(guest: Guest<A>): void {
    join(this.#known, guest);
  }

  forgets(guest: Guest<A>): void {
    part(this.#known, guest);
  }

  began(guest: Guest<A>): void {
    join(this.#active, guest);
  }

  ended(guest: Guest<A>): void {
    part(this.#active, guest);
  }

  /** Are as many addresses of this host known as is allowed? */
  crowded(address: Candidate): boolean {
    return limited(address) && (this.#known.get(hostOf(address))?.size ?? 0) >= MAX_KNOWN_PER_HOST;
  }

  /** Is one more connection to this host allowed? */
  has(address: Candidate): boolean {
    const there = this.#active.get(hostOf(address));
    if (there === undefined || there.size < MAX_PER_HOST || !limited(address)) return true;
    const useless = this.#useless();
    if (useless === undefined) return false;
    let useful = 0;
    for (const { session } of there) if (!useless(session)) useful++;
    return useful < MAX_PER_HOST;
  }

  check(known: readonly Guest<A>[], active: readonly Guest<A>[]): void {
    for (const [table, guests] of [
      [this.#known, known],
      [this.#active, active],
    ] as const) {
      const counted = [...table.values()];
      const sum = counted.reduce((total, { size }) => total + size, 0);
      if (sum !== guests.filter(({ address }) => limited(address)).length)
        throw new RangeError('the hosts are miscounted');
      if (counted.some(({ size }) => size === 0)) throw new RangeError('a host without addresses is remembered');
    }
    if ([...this.#known.values()].some(({ size }) => size > MAX_KNOWN_PER_HOST))
      throw new RangeError('one host has too many addresses');
  }
}

const limited = ({ source }: Candidate): boolean => source !== 'manual';

const join = <A>(table: Map<string, Set<Guest<A>>>, guest: Guest<A>): void => {
  if (!limited(guest.address)) return;
  const host = hostOf(guest.address);
  const there = table.get(host) ?? new Set();
  table.set(host, there.add(guest));
};

const part = <A>(table: Map<string, Set<Guest<A>>>, guest: Guest<A>): void => {
  const host = hostOf(guest.address);
  const there = table.get(host);
  if (there?.delete(guest) === true && there.size === 0) table.delete(host);
};
