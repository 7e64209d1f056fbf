import { defer, map, NEVER, type Observable, of, throwError } from 'rxjs';
import { describe, it } from 'vitest';
import { swarm, type SwarmOptions } from '../../operators/swarm.ts';
import type { PeerAddress, PeerSource } from '../../src/contracts/network.ts';
import { PeerError, type PeerCode } from '../../src/contracts/errors.ts';
import { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import { ConnectionBudget } from '../../src/torrent/peers/connectionBudget.ts';
import { Funnel } from '../../src/torrent/stats/funnel.ts';
import { drawn, type Mark, type Stage } from '../index.ts';

const addressOf = (port: number): PeerAddress => ({ host: '10.1.0.1', port, source: 'tracker' });
const [a, b, c, d] = [addressOf(1), addressOf(2), addressOf(3), addressOf(4)];
const values = { a, b, c, d };
const letterOf = ({ port }: PeerAddress): string => 'abcd'[port - 1] ?? String(port);
const failure = (code: PeerCode): PeerError => new PeerError(code, `failed: ${code}`);

type Sessions = Readonly<Record<string, Observable<unknown>>>;

/** A swarm whose sessions are drawn, by letter; `dials` says when each began. */
const drawnSwarm = (stage: Stage, sessions: Sessions, options: Partial<SwarmOptions> = {}) => {
  const dials: Mark[] = [];
  const session = (address: PeerAddress): Observable<unknown> => {
    dials.push({ frame: stage.now(), kind: 'value', value: letterOf(address) });
    return sessions[letterOf(address)] ?? NEVER;
  };
  return { dials, run: swarm(session, { book: new AddressBook<PeerAddress>(), maxPeers: 10, ...options }) };
};

describe('swarm with peers that have called', () => {
  const called = (port: number): PeerAddress => ({ host: '10.2.0.1', port, source: 'incoming', wire$: NEVER });
  const [p, q] = [called(3), called(4)];

  it(
    'begins at once, however many were dialled just now, and never again',
    drawn((stage) => {
      const c = stage.cold('   -x|');
      const book = new AddressBook<PeerAddress>(10, { dialRate: 1 });
      const { run, dials } = drawnSwarm(stage, { c }, { book });
      stage.gives(stage.cold('abp', { a, b, p }).pipe(run), '^ 990ms !').toBe('---x');
      stage.happens(dials).toBe('a-c');
      stage.gives(stage.cold('-x').pipe(map(() => book.known)), '   990ms ^-!').toBe('991ms x', { x: 2 });
    }),
  );

  it(
    'has no more sessions for it, and none waits for a place',
    drawn((stage) => {
      const funnel = new Funnel<PeerSource>();
      const book = new AddressBook<PeerAddress>();
      const { run, dials } = drawnSwarm(stage, { a: stage.cold('---|') }, { maxPeers: 2, funnel, book });
      stage.gives(stage.cold('apq', { a, p, q }).pipe(run), '^ 1s !').toBe('-');
      stage.happens(dials).toBe('ac');
      const lost$ = stage.cold('--x').pipe(map(() => [funnel.total.lost['full'], book.active, book.waiting]));
      stage.gives(lost$).toBe('--x', { x: [1, 2, 0] });
    }),
  );

  it(
    'turns away banned peers, and hosts that have too many connections',
    drawn((stage) => {
      const host = '198.51.100.1';
      const calls = Object.fromEntries([1, 2, 3, 4].map((port) => ['abcd'[port - 1] ?? '', { ...called(port), host }]));
      const { run, dials } = drawnSwarm(stage, { a: throwError(() => failure('corrupt')) });
      stage.gives(stage.cold('bcda', calls).pipe(run), '^---!').toBe('-');
      stage.happens(dials).toBe('bcd');
      const other = drawnSwarm(stage, { a: throwError(() => failure('corrupt')) });
      stage.gives(stage.cold('abc', calls).pipe(other.run), '^---!').toBe('-');
      stage.happens(other.dials).toBe('a');
    }),
  );

  it(
    'dials them where they listen, if they have said where',
    drawn((stage) => {
      const book = new AddressBook<PeerAddress>();
      const c = defer(() => {
        book.listensAt(p, b);
        return of('x');
      });
      const { run, dials } = drawnSwarm(stage, { c }, { book });
      stage.gives(stage.cold('p', { p }).pipe(run), '^ 6s !').toBe('x');
      stage.happens(dials).toBe('c 4999ms b');
    }),
  );
});

describe('swarms that share a budget', () => {
  it(
    'have no more sessions together, and the one that waits begins when the other has ended one',
    drawn((stage) => {
      const budget = new ConnectionBudget({ most: 2 });
      const one = drawnSwarm(stage, { a: stage.cold('----|'), b: NEVER }, { budget });
      const other = drawnSwarm(stage, {}, { budget });
      stage.gives(stage.cold('(ab)', values).pipe(one.run), '^------!').toBe('-');
      stage.gives(stage.cold('-(cd)', values).pipe(other.run), '^------!').toBe('-');
      stage.happens(one.dials).toBe('  (ab)');
      // One of two places is its equal share: `b`, which began last, gives it up.
      stage.happens(other.dials).toBe('-c--d');
    }),
  );

  it(
    'dial no more a second together',
    drawn((stage) => {
      const budget = new ConnectionBudget({ dialRate: 2 });
      const [one, other] = [drawnSwarm(stage, {}, { budget }), drawnSwarm(stage, {}, { budget })];
      stage.gives(stage.cold('(abc)', values).pipe(one.run), '^ 2s !').toBe('-');
      stage.gives(stage.cold('-d', values).pipe(other.run), ' ^ 2s !').toBe('-');
      stage.happens(one.dials).toBe('  (ab) 496ms c');
      stage.happens(other.dials).toBe('1s d');
    }),
  );

  it(
    'end when all is over, not while one still waits for its turn',
    drawn((stage) => {
      const budget = new ConnectionBudget({ most: 1 });
      const one = drawnSwarm(stage, { a: stage.cold('--x--|') }, { budget });
      const other = drawnSwarm(stage, { b: stage.cold('y|') }, { budget, maxPeers: 1 });
      stage.gives(stage.cold('(a|)', values).pipe(one.run), '^--------!').toBe('--x');
      stage.gives(stage.cold('(b|)', values).pipe(other.run), '^--------!').toBe('-----y');
    }),
  );
});
