import { defer, EMPTY, finalize, map, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { swarm, type SwarmOptions } from '../operators/swarm.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import { PeerError, StorageError, type PeerCode } from '../src/contracts/errors.ts';
import { AddressBook } from '../src/torrent/peers/addressBook.ts';
import { drawn, type Mark } from './index.ts';
import { addressOf, a, b, c, d, failure, drawnSwarm } from './stories/swarmScene.ts';

const values = { a, b, c, d };

describe('swarm', () => {
  it(
    'replaces a session that ends',
    drawn((stage) => {
      const source = stage.cold('(abc)', values);
      const a = stage.cold('     --x|');
      const b = stage.cold('        #', undefined, failure('wrong-info-hash'));
      const c = stage.cold('        ---y|');
      const dials = '            a--(bc)';
      const result = '           --x---y--';
      const swarmed = drawnSwarm(stage, { a, b, c }, { maxPeers: 1 });
      stage.gives(source.pipe(swarmed.run), '^--------!').toBe(result);
      stage.happens(swarmed.dials).toBe(dials);
    }),
  );

  it(
    'begins each address once, as long as it goes on',
    drawn((stage) => {
      const source = stage.cold('a-b-a-b-c', values);
      const dials = '            a-b-----c';
      const { run, dials: dialled } = drawnSwarm(stage, {});
      stage.gives(source.pipe(run), '^----------!').toBe('-');
      stage.happens(dialled).toBe(dials);
    }),
  );

  it(
    'lets nobody in whom the source does not name',
    drawn((stage) => {
      const { run, dials } = drawnSwarm(stage, {});
      stage.gives(stage.cold<PeerAddress>('-').pipe(run), '^ 1m !').toBe('-');
      stage.gives(stage.cold<PeerAddress>('--|').pipe(run)).toBe('--|');
      stage.gives(EMPTY.pipe(run)).toBe('|');
      stage.happens(dials).toBe('-');
    }),
  );

  it(
    'ends all with an error of the source',
    drawn((stage) => {
      const source = stage.cold('a---#', values, failure('refused'));
      const a = stage.cold('     -x-y-z');
      const result = '           -x-y#';
      stage
        .gives(source.pipe(drawnSwarm(stage, { a }).run))
        .toBe(result, undefined, { name: 'PeerError', code: 'refused' });
      stage.expectSubscriptions(a.subscriptions).toBe('^---!');
    }),
  );

  it(
    'ends all sessions when unsubscribed, and dials no further peer',
    drawn((stage) => {
      const source = stage.cold('(ab)-----c--', values);
      const a = stage.cold('     -x---------');
      const b = stage.cold('     --|        ');
      const subs = '             ^---!      ';
      const { run, dials } = drawnSwarm(stage, { a, b });
      stage.gives(source.pipe(run), subs).toBe('-x');
      stage.expectSubscriptions(a.subscriptions).toBe(subs);
      stage.expectSubscriptions(source.subscriptions).toBe(subs);
      stage.happens(dials).toBe('(ab)');
    }),
  );

  it(
    'may be left from inside',
    drawn((stage) => {
      const source = stage.cold('(abc)', values);
      const sessions = { a: of('x'), b: of('y'), c: of('z') };
      const { run, dials } = drawnSwarm(stage, sessions);
      stage.gives(source.pipe(run, take(2))).toBe('(xy|)');
      stage.happens(dials).toBe('(ab)');
    }),
  );

  it(
    'completes when the source has, no session is left and none is to come',
    drawn((stage) => {
      const source = stage.cold('(ab|)', values);
      const a = stage.cold('     --#', undefined, failure('self'));
      const b = stage.cold('     -----#', undefined, failure('malformed'));
      const result = '           -----|';
      stage.gives(source.pipe(drawnSwarm(stage, { a, b }).run)).toBe(result);
    }),
  );

  it(
    'tells whoever wants to know how each session ended',
    drawn((stage) => {
      const ended: Mark[] = [];
      const source = stage.cold('(abc|)', values);
      const a = stage.cold('     --|');
      const b = stage.cold('     ---#', undefined, failure('self'));
      const options: Partial<SwarmOptions> = {
        ended: ({ port }, error) =>
          ended.push({
            frame: stage.now(),
            kind: 'value',
            value: [port, error === undefined ? 'closed' : (error as PeerError).code],
          }),
      };
      const { run } = drawnSwarm(stage, { a, b }, options);
      stage.gives(source.pipe(run), '^----!').toBe('-');
      stage.happens(ended).toBe('--ab', { a: [1, 'closed'], b: [2, 'self'] });
    }),
  );
});

describe('swarm, with what follows from an end', () => {
  it(
    'dials those that were useful again after five seconds',
    drawn((stage) => {
      const a = stage.cold('   -x|');
      const result = '         -x 5001ms x 5001ms x';
      const { run, dials } = drawnSwarm(stage, { a });
      stage.gives(stage.cold('a', values).pipe(run), '^ 11s !').toBe(result);
      stage.happens(dials).toBe('a 5001ms a 5001ms a');
    }),
  );

  it.each<PeerCode>(['refused', 'unreachable', 'reset'])(
    'dials peers that are %s again after one, two and four minutes, then no more',
    (code) =>
      drawn((stage) => {
        const a = stage.cold('--#', undefined, failure(code));
        const { run, dials } = drawnSwarm(stage, { a });
        stage.gives(stage.cold('(a|)', values).pipe(run)).toBe('420008ms |');
        stage.happens(dials).toBe('a 60001ms a 120001ms a 240001ms a');
      })(),
  );

  it.each<PeerCode>(['timeout', 'silent'])(
    'dials peers that keep us waiting (%s) again after two, four and eight minutes, then no more',
    (code) =>
      drawn((stage) => {
        const a = stage.cold('--#', undefined, failure(code));
        const { run, dials } = drawnSwarm(stage, { a });
        stage.gives(stage.cold('(a|)', values).pipe(run)).toBe('840008ms |');
        stage.happens(dials).toBe('a 120001ms a 240001ms a 480001ms a');
      })(),
  );

  it(
    'forgets failures when they are useful again',
    drawn((stage) => {
      let times = 0;
      const a = defer(() => (++times === 3 ? of('x') : EMPTY));
      const { run, dials } = drawnSwarm(stage, { a });
      stage.gives(stage.cold('(a|)', values).pipe(run)).toBe('3m x 424999ms |');
      stage.happens(dials).toBe('a 59999ms a 119999ms a 4999ms a 59999ms a 119999ms a 239999ms a');
    }),
  );

  it.each<PeerCode>(['wrong-info-hash', 'self', 'useless'])('drops those that are %s', (code) =>
    drawn((stage) => {
      const book = new AddressBook<PeerAddress>();
      const { run, dials } = drawnSwarm(stage, { a: throwError(() => failure(code)) }, { book });
      stage.gives(stage.cold('(a|)', values).pipe(run)).toBe('|');
      stage.happens(dials).toBe('a');
      expect(book.known).toBe(0);
    })(),
  );

  it.each<PeerCode>(['malformed', 'oversized', 'unexpected', 'corrupt'])(
    'bans peers that are %s, even if they were useful',
    (code) =>
      drawn((stage) => {
        const book = new AddressBook<PeerAddress>();
        const source = stage.cold('a---a-b-|', values);
        const a = stage.cold('     -x#', undefined, failure(code));
        const b = stage.cold('           #', undefined, failure('self'));
        const { run, dials } = drawnSwarm(stage, { a, b }, { book });
        stage.gives(source.pipe(run)).toBe('-x------|');
        stage.happens(dials).toBe('a-----b');
        stage
          .gives(stage.cold('---x').pipe(map(() => [book.banned, book.isBanned(addressOf(1))])))
          .toBe('---x', { x: [1, true] });
      })(),
  );

  it(
    'passes what no peer is to blame for, and ends all',
    drawn((stage) => {
      const source = stage.cold('(ab)', values);
      const a = stage.cold('     -x-x-x');
      const b = stage.cold('     ---#', undefined, new StorageError('io', 'broken'));
      const result = '           -x-(x#)';
      stage
        .gives(source.pipe(drawnSwarm(stage, { a, b }).run))
        .toBe(result, undefined, { name: 'StorageError', code: 'io' });
      stage.expectSubscriptions(a.subscriptions).toBe('^--!');
    }),
  );

  it(
    'takes a session that cannot even begin for a defect',
    drawn((stage) => {
      const broken = (): never => {
        throw new TypeError('ours');
      };
      stage
        .gives(stage.cold('a', values).pipe(swarm(broken, { book: new AddressBook(), maxPeers: 1 })))
        .toBe('#', undefined, new TypeError('ours'));
    }),
  );
});

describe('swarm, when more are wanted', () => {
  it(
    'says by how many it is short of enough, and when it no longer is',
    drawn((stage) => {
      const wants: Mark[] = [];
      const wanted = { next: (count: number) => void wants.push({ frame: stage.now(), kind: 'value', value: count }) };
      const source = stage.cold('--a-b-c--', values);
      const a = stage.cold('       -----#', undefined, failure('useless'));
      const { run } = drawnSwarm(stage, { a }, { wanted, enough: 2, maxPeers: 2 });
      stage.gives(source.pipe(run), '^--------!').toBe('-');
      stage.happens(wants).toBe('2-1-0');
    }),
  );

  it(
    'wants nobody as long as the book has somebody to dial',
    drawn((stage) => {
      const wants: number[] = [];
      const source = stage.cold('(abcd)', values);
      const { run } = drawnSwarm(
        stage,
        {},
        { wanted: { next: (count) => void wants.push(count) }, maxPeers: 3, enough: 20 },
      );
      stage.gives(source.pipe(run), '^-----!').toBe('-');
      stage.gives(stage.cold('----x').pipe(map(() => wants))).toBe('----x', { x: [20, 19, 18, 17, 0] });
    }),
  );

  it(
    'may be given somebody while it asks',
    drawn((stage) => {
      const source = new Subject<PeerAddress>();
      const { run, dials } = drawnSwarm(
        stage,
        {},
        { wanted: { next: (count) => count > 0 && source.next(addressOf(5 - count)) }, maxPeers: 4 },
      );
      stage
        .gives(
          source.pipe(
            run,
            finalize(() => source.complete()),
          ),
          '^-----!',
        )
        .toBe('-');
      stage.happens(dials).toBe('(abcd)');
    }),
  );
});
