import { concat, NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { reportIntroductions } from '../operators/reportIntroductions.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { drawn, type Mark, type Stage } from './index.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);
const listensAt = (port: number): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map(), port }),
});
const lane = { E: listensAt(6), F: listensAt(7), x: { type: 'extended', id: 1, payload: Uint8Array.of(1) } } as const;

/** Writes down at which port each peer says that it listens. */
const ports = ({ now }: Stage) => {
  const told: Mark[] = [];
  return {
    told,
    report: ({ state }: Peer) => void told.push({ frame: now(), kind: 'value', value: state.extensions?.port }),
  };
};

describe('reportIntroductions', () => {
  it(
    'tells of a peer when it comes, and whenever it has said something of itself',
    drawn((stage) => {
      const { told, report } = ports(stage);
      const they = stage.peer('--E--F|', lane);
      const reports = '        p-e--f';
      stage.gives(of(they).pipe(reportIntroductions(report))).toBe('------|');
      stage.happens(told).toBe(reports, { p: undefined, e: 6, f: 7 });
      stage.sends(they).toBe('-');
    }),
  );

  it(
    'hears nothing else',
    drawn((stage) => {
      const { told, report } = ports(stage);
      const they = stage.peer('-xUH1-x-', lane, { extended: true });
      stage.gives(open(they).pipe(reportIntroductions(report)), '^-------!').toBe('-');
      stage.happens(told).toBe('p', { p: undefined });
    }),
  );

  it(
    'reports none when unsubscribed, and fails with the source, the peer, and the function that it calls',
    drawn((stage) => {
      const { told, report } = ports(stage);
      const they = stage.peer('--E--F', lane);
      stage.gives(open(they).pipe(reportIntroductions(report)), '^---!').toBe('-');
      stage.expectSubscriptions(they.subscriptions).toBe('^---!');
      stage.happens(told).toBe('p-e', { p: undefined, e: 6 });
      const reset = new PeerError('reset', '');
      stage.gives(stage.cold<Peer>('-#', {}, reset).pipe(reportIntroductions(report))).toBe('-#', undefined, reset);
      stage
        .gives(open(stage.peer('--#')).pipe(reportIntroductions(() => undefined)))
        .toBe('--#', undefined, { name: 'PeerError', code: 'reset' });
      const throwing = reportIntroductions(() => {
        throw reset;
      });
      stage.gives(open(stage.peer('-')).pipe(throwing)).toBe('#', undefined, reset);
    }),
  );
});
