import { EMPTY, from, ignoreElements, map, merge, NEVER, Observable, of, Subject, take, tap, throwError } from 'rxjs';
import { describe, it } from 'vitest';
import { swarm } from '../../operators/swarm.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { PeerError, type PeerCode } from '../../src/contracts/errors.ts';
import { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import { drawn } from '../index.ts';

const addressOf = (port: number): PeerAddress => ({ host: '10.1.0.1', port, source: 'tracker' });
const failure = (code: PeerCode): PeerError => new PeerError(code, `failed: ${code}`);

/** The most that happened within any one second. */
const busiestSecond = (frames: readonly number[]): number =>
  Math.max(...frames.map((from_) => frames.filter((frame) => frame >= from_ && frame < from_ + 1000).length));

describe('a crowd', () => {
  it(
    'never has more sessions than it may, not even while one ends',
    drawn((stage) => {
      let [open, most] = [0, 0];
      const session = ({ port }: PeerAddress): Observable<never> =>
        new Observable((subscriber) => {
          most = Math.max(most, ++open);
          subscriber.add(() => void open--);
          subscriber.add(
            stage
              .cold(['---|', '-#', '|', '#', '-----|'][port % 5] ?? '', {}, failure('reset'))
              .subscribe(subscriber as never),
          );
        });
      const addresses$ = from(Array.from({ length: 25 }, (_, n) => addressOf(n)));
      stage.gives(addresses$.pipe(swarm(session, { book: new AddressBook(), maxPeers: 3 }))).toBe('420032ms |');
      stage.gives(stage.cold('500ms x').pipe(map(() => most))).toBe('500ms 3');
    }),
  );

  it(
    'survives a thousand sessions that fail at once: it begins thirty, and then thirty a second',
    drawn((stage) => {
      const addresses$ = from(Array.from({ length: 1000 }, (_, n) => addressOf(n + 1)));
      const dialled: number[] = [];
      const session = (): Observable<never> => {
        dialled.push(stage.now());
        return throwError(() => failure('useless'));
      };
      const book = new AddressBook<PeerAddress>();
      stage.gives(addresses$.pipe(swarm(session, { book, maxPeers: 200 }))).toBe('32334ms |');
      stage
        .gives(stage.cold('40s x').pipe(map(() => [dialled.length, busiestSecond(dialled), book.known])))
        .toBe('40s x', { x: [1000, 59, 0] });
    }),
  );

  it(
    'survives a thousand at once if it may dial them all',
    drawn((stage) => {
      const addresses$ = from(Array.from({ length: 1000 }, (_, n) => addressOf(n + 1)));
      let dialled = 0;
      const session = (): Observable<never> => {
        dialled++;
        return throwError(() => failure('useless'));
      };
      const book = new AddressBook<PeerAddress>(3000, { dialRate: 100_000 });
      stage.gives(addresses$.pipe(swarm(session, { book, maxPeers: 1 }))).toBe('|');
      stage.gives(of(0).pipe(map(() => dialled))).toBe('(x|)', { x: 1000 });
    }),
  );

  it(
    'survives three thousand that end at once while they wait in the book',
    drawn((stage) => {
      const gate$ = new Subject<void>();
      let dialled = 0;
      const session = (): Observable<never> => {
        dialled++;
        return dialled === 1 ? gate$.pipe(take(1), ignoreElements()) : EMPTY;
      };
      const book = new AddressBook<PeerAddress>(3000, { dialRate: 100_000 });
      const addresses$ = from(Array.from({ length: 3000 }, (_, n) => addressOf(n + 1)));
      stage.gives(merge(addresses$, NEVER).pipe(swarm(session, { book, maxPeers: 1 })), '^----!').toBe('-');
      stage
        .gives(
          stage.cold('--x').pipe(
            tap(() => gate$.next()),
            map(() => dialled),
          ),
        )
        .toBe('--x', { x: 3000 });
    }),
  );
});
