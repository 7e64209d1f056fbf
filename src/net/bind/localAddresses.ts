import { networkInterfaces } from 'node:os';
import {
  defer,
  distinctUntilChanged,
  filter,
  interval,
  map,
  mergeMap,
  type Observable,
  share,
  startWith,
  throwError,
} from 'rxjs';
import { InputError, type NetworkCode, NetworkError } from '../../contracts/errors.ts';
import { formatIp, parseIp } from '../../protocol/encoding/ip.ts';
import type { LookAround } from '../groups/multicast.ts';
import { networkCode } from '../networkCode.ts';

/** Milliseconds between two looks at the interfaces. */
export const LOOK_EVERY = 250;

const canonical = (host: string): string => {
  const ip = parseIp(host);
  return ip === undefined ? host : formatIp(ip);
};

const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);

/**
 * The addresses of this machine that bytes may leave from and come to, and no others: those that were named, and those
 * of interfaces that were named. Depends on the interfaces as they are at each moment: one that is down or has no
 * cable has no address, although the system may keep it.
 */
export class LocalAddresses {
  /** The names, as the user gave them. */
  readonly names: readonly string[];
  readonly #wanted: ReadonlySet<string>;
  readonly #look: LookAround;
  readonly #looks$: Observable<unknown>;

  constructor(names: readonly string[], look: LookAround = networkInterfaces) {
    this.names = names;
    this.#wanted = new Set(names.map(canonical));
    this.#look = look;
    this.#looks$ = interval(LOOK_EVERY).pipe(share());
  }

  /** What of this machine may be used, as Node shows interfaces. */
  readonly look: LookAround = () =>
    Object.fromEntries(
      Object.entries(this.#look()).flatMap(([name, addresses = []]) => {
        const isWhole = this.#wanted.has(name);
        const some = addresses.filter(({ address }) => isWhole || this.#wanted.has(canonical(address)));
        return some.length > 0 ? [[name, some]] : [];
      }),
    );

  /** All addresses that may be used now; of each family, the one to use first. */
  get all(): readonly string[] {
    const found = Object.entries(this.look()).flatMap(([name, addresses = []]) =>
      addresses.map(({ address }) => (isLinkLocal(address) ? `${address}%${name}` : address)),
    );
    return found.sort((a, b) => Number(isLinkLocal(a)) - Number(isLinkLocal(b)));
  }

  /** The address of a family to use now, if there is one. */
  of(family: 4 | 6): string | undefined {
    return this.all.find((address) => address.includes(':') === (family === 6));
  }

  /**
   * The same; errors if there is none now: `no-room` if there is none of the other family, either. An address that is
   * good for the next cable only does not count: it may be left over when the others are gone.
   */
  must(family: 4 | 6): string {
    const address = this.of(family);
    if (address !== undefined) return address;
    const names = this.names.join(', ');
    if (this.all.every(isLinkLocal)) throw new NetworkError('no-room', names, 'has no address now');
    throw new NetworkError('unreachable', names, `has no IPv${family} address now`);
  }

  /** Is this still an address that may be used? What fails when it is not says nothing about the other side. */
  has(address: string): boolean {
    return this.all.includes(address);
  }

  /** The code of what failed on a socket that is bound to `from`: `no-room` if that is gone at this moment. */
  codeFrom(from: string, error: unknown): NetworkCode {
    return this.has(from) ? networkCode(error) : 'no-room';
  }

  /** The addresses of each family to listen at, now and when they change. */
  get changes$(): Observable<readonly string[]> {
    return defer(() =>
      this.#looks$.pipe(
        startWith(undefined),
        map(() => [this.of(4), this.of(6)].filter((address) => address !== undefined)),
        distinctUntilChanged((before, after) => before.join() === after.join()),
      ),
    );
  }

  /** Errors as soon as the address is gone: at once, if it is already. */
  lost(address: string): Observable<never> {
    const gone = (): NetworkError => new NetworkError('no-room', address, 'is no address of this machine any more');
    return this.#looks$.pipe(
      startWith(undefined),
      filter(() => !this.has(address)),
      mergeMap(() => throwError(gone)),
    );
  }
}

/** The same, if this machine has each of them now. @throws InputError */
export const localAddresses = (names: readonly string[], look: LookAround = networkInterfaces): LocalAddresses => {
  for (const name of names) {
    if (new LocalAddresses([name], look).all.length > 0) continue;
    const there = Object.entries(look()).map(([each, addresses = []]) => {
      return `${each} (${addresses.map(({ address }) => address).join(', ')})`;
    });
    const has = there.length === 0 ? 'it has none' : `it has ${there.join(', ')}`;
    throw new InputError('bad-option', `bind ${JSON.stringify(name)}: no address or interface that is up: ${has}`);
  }
  return new LocalAddresses(names, look);
};
