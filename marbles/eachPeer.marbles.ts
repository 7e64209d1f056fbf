import { catchError, concat, NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { type Conversation, eachPeer } from '../operators/internal/eachPeer.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { InvariantError, PeerError } from '../src/contracts/errors.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import { drawn } from './index.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);
const reset = new PeerError('reset', '');

describe('eachPeer', () => {
  it(
    'holds a conversation with each peer until the next one comes',
    drawn(({ peer, cold, gives, expectSubscriptions }) => {
      const [p, q] = [peer('--U-U-U'), peer('------U-U')];
      const source = '       p----q----';
      const result = '       --U-U-U-U-';
      const types = eachPeer<string>(({ talk$ }, { subscriber, until }) =>
        until(talk$, ({ type }) => subscriber.next(type)),
      );
      gives(cold(source, { p, q }).pipe(types), '^---------!').toBe(result, { U: 'unchoke' });
      expectSubscriptions(p.subscriptions).toBe('^----!');
    }),
  );

  it(
    'ends with what it hears until the end, and with errors of all that it hears',
    drawn(({ peer, cold, gives, expectSubscriptions }) => {
      const they = peer('----|');
      const other$ = cold<never>('--|');
      const hears = eachPeer(({ talk$ }, { on, until }) => {
        on(other$);
        until(talk$);
      });
      gives(of(they).pipe(hears)).toBe('----|');
      expectSubscriptions(other$.subscriptions).toBe('^-!');
      gives(open(peer('-')).pipe(eachPeer((_, { on }) => on(cold('--#', {}, reset))))).toBe('--#', undefined, reset);
      gives(open(peer('-')).pipe(eachPeer((_, { until }) => until(cold('--#', {}, reset))))).toBe(
        '--#',
        undefined,
        reset,
      );
    }),
  );

  it.each<readonly [what: string, hears: (peer: Peer, conversation: Conversation<never>, defect: () => never) => void]>(
    [
      ['as it hears', ({ talk$ }, { on }, defect) => on(talk$, defect)],
      ['as it looks', (_peer, { every }, defect) => every(1, defect)],
    ],
  )('takes what is malformed for the fault of the peer, and nothing else: %s', (_when, hears) =>
    drawn(({ peer, gives }) => {
      const failing = (error: Error) =>
        open(peer('-U')).pipe(
          eachPeer((one, conversation) =>
            hears(one, conversation, () => {
              throw error;
            }),
          ),
        );
      const defect = new InvariantError('ours');
      gives(failing(defect)).toBe('-#', undefined, defect);
      gives(failing(new Malformed('message', 'sense', 'none'))).toBe('-#', undefined, {
        name: 'PeerError',
        code: 'malformed',
      });
    })(),
  );

  it(
    'names the peer in its faults',
    drawn(({ peer, gives }) => {
      const told$ = open(peer('-')).pipe(
        eachPeer((_, { every, fail }) => every(2, () => fail('useless', 'does nothing'))),
        catchError((error: unknown) => of((error as PeerError).message)),
      );
      gives(told$).toBe('--(m|)', { m: '10.0.0.1:6881: does nothing' });
    }),
  );

  it(
    'undoes all of it when nobody listens',
    drawn(({ peer, cold, gives, expectSubscriptions }) => {
      const they = peer('-');
      const other$ = cold<never>('-');
      const hears = eachPeer(({ talk$ }, { on, until, every }) => {
        until(talk$);
        on(other$);
        every(1, () => undefined);
      });
      gives(open(they).pipe(hears), '^---!').toBe('-');
      expectSubscriptions(they.subscriptions).toBe('^---!');
      expectSubscriptions(other$.subscriptions).toBe('^---!');
    }),
  );
});
