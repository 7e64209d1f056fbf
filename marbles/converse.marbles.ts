import {
  concat,
  filter,
  ignoreElements,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  switchMap,
  take,
  tap,
} from 'rxjs';
import { describe, it } from 'vitest';
import { converse } from '../operators/converse.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { drawn } from './index.ts';

const open = <T>(value: T): Observable<T> => concat(of(value), NEVER);
const failed = { name: 'PeerError', code: 'silent' };

/** Says something as soon as there is a peer. */
const says = (type: 'keepAlive' | 'interested' | 'unchoke'): OperatorFunction<Peer, never> =>
  switchMap((peer) => {
    peer.send({ type });
    return NEVER;
  });

/** Listens to this instead of to the peer. */
const listens = <T>(stream$: Observable<T>): OperatorFunction<Peer, T> => switchMap(() => stream$);

/** Keeps quiet, for as long as this goes on. */
const keepsQuiet = (stream$: Observable<unknown>): OperatorFunction<Peer, never> =>
  switchMap(() => stream$.pipe(ignoreElements()));

describe('converse', () => {
  it(
    'yields what the main conversation yields',
    drawn(({ peer, cold, gives, sends }) => {
      const they = peer('--------|');
      const writes = '   K--------';
      const main = cold('-x-x');
      const result = '   -x-x----|';
      gives(of(they).pipe(converse(listens(main), says('keepAlive')))).toBe(result);
      sends(they).toBe(writes);
    }),
  );

  it(
    'waits for a peer that never comes',
    drawn(({ cold, gives }) => {
      const subs = '^----!';
      gives(cold<Peer>('-').pipe(converse(mergeMap((peer) => peer.messages$))), subs).toBe('-');
    }),
  );

  it(
    'ends without a peer, and with the error that came instead of one',
    drawn(({ cold, gives }) => {
      const main = mergeMap((peer: Peer) => peer.messages$);
      gives(cold<Peer>('--|').pipe(converse(main, says('keepAlive')))).toBe('--|');
      gives(cold<Peer>('--#', {}, new PeerError('silent', '')).pipe(converse(main, says('keepAlive')))).toBe(
        '--#',
        undefined,
        failed,
      );
    }),
  );

  it(
    'lets each conversation speak in its turn, the main one last',
    drawn(({ peer, gives, sends }) => {
      const they = peer('---|');
      const writes = '   (KUI)';
      gives(of(they).pipe(converse(says('interested'), says('keepAlive'), says('unchoke')))).toBe('---|');
      sends(they).toBe(writes);
    }),
  );

  it(
    'lets all conversations hear the same',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-U-C-U|');
      const writes = '   -K---K-';
      const result = '   -U-C-U|';
      const nods: OperatorFunction<Peer, never> = mergeMap(({ messages$, send }) =>
        messages$.pipe(
          filter(({ type }) => type === 'unchoke'),
          tap(() => send({ type: 'keepAlive' })),
          ignoreElements(),
        ),
      );
      gives(
        of(they).pipe(
          converse(
            mergeMap(({ messages$ }) => messages$),
            nods,
          ),
        ),
      ).toBe(result);
      sends(they).toBe(writes);
    }),
  );

  it(
    'ends all when the peer hangs up',
    drawn(({ peer, hot, gives, expectSubscriptions }) => {
      const they = peer('----|');
      const main = hot(' -x-x-x');
      const side = hot(' -------');
      const subs = '     ^---!--';
      const result = '   -x-x|';
      gives(of(they).pipe(converse(listens(main), keepsQuiet(side)))).toBe(result);
      expectSubscriptions(main.subscriptions).toBe(subs);
      expectSubscriptions(side.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends all when the main conversation is over',
    drawn(({ peer, cold, hot, gives, expectSubscriptions }) => {
      const they = peer('---------');
      const main = cold('-x-x|');
      const side = hot(' ---------');
      const subs = '     ^---!----';
      const result = '   -x-x|';
      gives(of(they).pipe(converse(() => main, keepsQuiet(side)))).toBe(result);
      expectSubscriptions(main.subscriptions).toBe(subs);
      expectSubscriptions(side.subscriptions).toBe(subs);
    }),
  );

  it(
    'goes on when a side conversation is over',
    drawn(({ peer, cold, gives, expectSubscriptions }) => {
      const they = peer('-------|');
      const main = cold('-x-x-x-');
      const side = cold('--|     ');
      const subs = '     ^-!    ';
      const result = '   -x-x-x-|';
      gives(of(they).pipe(converse(listens(main), keepsQuiet(side)))).toBe(result);
      expectSubscriptions(side.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends all with the error of any',
    drawn(({ peer, cold, hot, gives, expectSubscriptions }) => {
      const they = peer('-------');
      const main = hot(' -x-x-x-');
      const side = cold('----#', undefined, new PeerError('silent', ''));
      const other = hot('-------');
      const subs = '     ^---!--';
      const result = '   -x-x#';
      gives(of(they).pipe(converse(listens(main), keepsQuiet(side), keepsQuiet(other)))).toBe(
        result,
        undefined,
        failed,
      );
      expectSubscriptions(main.subscriptions).toBe(subs);
      expectSubscriptions(other.subscriptions).toBe(subs);
      expectSubscriptions(they.subscriptions).toBe(subs);
    }),
  );

  it(
    'passes the error of the main one, and that of the peer',
    drawn(({ peer, cold, gives }) => {
      const main = cold('--#', undefined, new PeerError('silent', ''));
      gives(of(peer('-')).pipe(converse(listens(main), says('keepAlive')))).toBe('--#', undefined, failed);
      gives(of(peer('--#')).pipe(converse(listens(NEVER), says('keepAlive')))).toBe('--#', undefined, {
        name: 'PeerError',
        code: 'reset',
      });
    }),
  );

  it(
    'begins nothing more after a conversation that fails at once',
    drawn(({ peer, gives, sends }) => {
      const they = peer('---');
      const fails: OperatorFunction<Peer, never> = tap(() => {
        throw new PeerError('silent', '');
      }) as OperatorFunction<Peer, never>;
      gives(of(they).pipe(converse(says('interested'), says('keepAlive'), fails, says('unchoke')))).toBe(
        '#',
        undefined,
        failed,
      );
      sends(they).toBe('K');
    }),
  );

  it(
    'ends all when nobody listens any more',
    drawn(({ peer, hot, gives, expectSubscriptions }) => {
      const they = peer('-------');
      const main = hot(' -x-x-x-');
      const side = hot(' -------');
      const subs = '     ^---!--';
      gives(open(they).pipe(converse(listens(main), keepsQuiet(side))), subs).toBe('-x-x');
      expectSubscriptions(main.subscriptions).toBe(subs);
      expectSubscriptions(side.subscriptions).toBe(subs);
      expectSubscriptions(they.subscriptions).toBe(subs);
    }),
  );

  it(
    'may be left from inside',
    drawn(({ peer, gives, expectSubscriptions }) => {
      const they = peer('-U-C-U-');
      const subs = '     ^--!   ';
      const heard$ = open(they).pipe(
        converse<Message>(
          mergeMap(({ messages$ }) => messages$),
          says('keepAlive'),
        ),
        take(2),
      );
      gives(heard$).toBe('-U-(C|)');
      expectSubscriptions(they.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'leaves one peer for the next',
    drawn(({ peer, cold, gives, expectSubscriptions }) => {
      const first = peer(' -U--U--U-');
      const second = peer('-U--U--U-');
      const peers = cold(' a--b-----', { a: first, b: second });
      const result = '     -U--U--U-';
      gives(
        peers.pipe(
          converse(
            mergeMap(({ messages$ }) => messages$),
            says('keepAlive'),
          ),
        ),
        '^-------!',
      ).toBe(result);
      expectSubscriptions(first.subscriptions).toBe(['^--!', '^--!']);
      expectSubscriptions(second.subscriptions).toBe(['---^----!', '---^----!']);
    }),
  );

  it(
    'gives every conversation the same peer',
    drawn(({ peer, gives }) => {
      const they = peer('-----');
      const seen: Peer[] = [];
      const sees: OperatorFunction<Peer, never> = (peers) =>
        peers.pipe(
          tap((one) => seen.push(one)),
          ignoreElements(),
        );
      gives(
        of(they).pipe(
          converse(
            map(() => seen.length + Number(seen.every((one) => one === they))),
            sees,
            sees,
          ),
        ),
        '^-!',
      ).toBe('3');
    }),
  );
});
