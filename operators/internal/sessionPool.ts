import { defer, isObservable, type Observable, of, type Subscriber, Subscription, timer } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { InvariantError, PeerError, verdict } from '../../src/contracts/errors.ts';
import type { Admission } from '../../src/torrent/peers/addressBook.ts';
import type { Places } from '../../src/torrent/peers/connectionBudget.ts';
import type { SwarmOptions } from './swarmOptions.ts';

/**
 * The sessions of one subscription to `swarm`. A free place is filled from the book as soon as the book and the budget
 * allow it; the pool sleeps until then, and asks for more addresses when the book has none left.
 */
export class SessionPool<T> {
  readonly #session: (address: PeerAddress) => Observable<T>;
  readonly #subscriber: Subscriber<T>;
  readonly #options: SwarmOptions;
  readonly #open = new Set<Subscription>();
  readonly #places: Places | undefined;
  /** Those in `#open`, and one that is about to begin. */
  #sessions = 0;
  /** How many there may be. */
  #most = 0;
  #short = 0; // what `wanted` heard last
  /** No more addresses are to come. */
  #over = false;
  #filling = false;
  #again = false;
  #nap = Subscription.EMPTY;

  constructor(session: (address: PeerAddress) => Observable<T>, subscriber: Subscriber<T>, options: SwarmOptions) {
    this.#session = session;
    this.#subscriber = subscriber;
    this.#options = options;
    const shed = (): void => [...this.#open].at(-1)?.unsubscribe();
    this.#places = options.budget?.join({ wake: () => this.fill(), shed });
    subscriber.add(() => this.#nap.unsubscribe());
    subscriber.add(() => this.#places?.leave());
    const next = (most: number): void => {
      this.#most = most;
      this.#trim();
      this.fill();
    };
    const most$ = isObservable(options.maxPeers) ? options.maxPeers : of(options.maxPeers);
    // The source is not subscribed to yet: it would not hear what is wanted.
    this.#filling = true;
    subscriber.add(most$.subscribe({ next, error: (error: unknown) => subscriber.error(error) }));
    this.#filling = false;
  }

  /** A peer that has called us (`wire$`), or does (`punch`), begins at once or never; any other goes into the book. */
  offer(address: PeerAddress): void {
    const called = address.wire$ !== undefined || address.punch === true;
    const admission = called ? this.#admit(address) : this.#options.book.add(address);
    if (admission === 'added') return called ? this.#begin(address) : this.fill();
    if (admission !== 'known') this.#options.funnel?.lost(address, admission);
  }

  /** Begins as many sessions as there are places and addresses for. */
  fill(): void {
    this.#again = true;
    // A session may end while it begins; a loop, not a recursion, begins the next.
    if (this.#filling) return;
    this.#filling = true;
    while (this.#again && !this.#subscriber.closed) {
      this.#again = false;
      for (let address = this.#next(); address !== undefined; address = this.#next()) this.#begin(address);
    }
    this.#filling = false;
    if (!this.#subscriber.closed) this.#rest();
  }

  /** No more addresses come: completes when no session is left and none is to come. */
  close(): void {
    this.#over = true;
    this.fill();
  }

  /** The newest end that there is no longer a place for. */
  #trim(): void {
    while (this.#sessions > this.#most && this.#open.size > 0) [...this.#open].at(-1)?.unsubscribe();
  }

  #next(): PeerAddress | undefined {
    const [{ book }, places] = [this.#options, this.#places];
    if (this.#sessions >= this.#most || this.#subscriber.closed) return undefined;
    // A place is asked for only if there is somebody to be dialled: others may have to give one up.
    return places === undefined || (book.offers(now()) && places.dial(now())) ? book.take(now()) : undefined;
  }

  #rest(): void {
    const { book, enough = this.#most, wanted } = this.#options;
    const [subscriber, places] = [this.#subscriber, this.#places];
    const shortBy = book.exhausted
      ? Math.max(0, (typeof enough === 'function' ? enough() : enough) - this.#sessions)
      : 0;
    // What hears this may have an address at once, and then `fill` and `#rest` have run inside of it.
    if (shortBy !== this.#short) wanted?.next((this.#short = shortBy));
    this.#nap.unsubscribe();
    if (this.#sessions >= this.#most) return;
    const waits = book.waiting > 0;
    const wait = Math.min(book.nextIn(now()) ?? Infinity, (waits ? places?.nextIn(now()) : undefined) ?? Infinity);
    if (wait < Infinity && !subscriber.closed) subscriber.add((this.#nap = timer(wait).subscribe(() => this.fill())));
    else if (this.#over && this.#sessions === 0 && !(waits && places)) subscriber.complete();
  }

  #admit(address: PeerAddress): Admission {
    const { book } = this.#options;
    if (this.#sessions >= this.#most || this.#places?.answer() === false) return 'full';
    const admission = book.admit(address);
    if (admission !== 'added') this.#places?.give();
    return admission;
  }

  #begin(address: PeerAddress): void {
    const subscriber = this.#subscriber;
    let useful = false;
    let error: unknown;
    this.#sessions++;
    this.#options.funnel?.reached(address, 'dialled');
    const next = (value: T): void => {
      useful = true;
      subscriber.next(value);
    };
    const fail = (cause: unknown): void =>
      void (error = cause ?? new InvariantError('a session failed without an error'));
    const running = defer(() => this.#session(address)).subscribe({ next, error: fail });
    subscriber.add(running);
    this.#open.add(running);
    // Last of all that is undone at the end of a session: so the next one does not begin before.
    running.add(() => {
      this.#sessions--;
      this.#open.delete(running);
      if (!subscriber.closed) this.#ended(address, useful, error);
    });
    // Fewer may be allowed while it begins.
    this.#trim();
  }

  #ended(address: PeerAddress, useful: boolean, error: unknown): void {
    const { book, funnel, ended } = this.#options;
    const ending = error === undefined ? 'closed' : verdict(error);
    const cause = error instanceof PeerError ? error.code : ending;
    book.ended(address, ending, useful, now(), cause);
    funnel?.lost(address, cause);
    ended?.(address, error);
    this.#places?.give();
    if (ending === 'fatal') this.#subscriber.error(error);
    else this.fill();
  }
}
