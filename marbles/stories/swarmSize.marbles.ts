import { describe, it } from 'vitest';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { drawn, type Mark } from '../index.ts';
import { a, b, c, d, drawnSwarm, failure } from './swarmScene.ts';

const values = { a, b, c, d };

describe('swarm, of a size that changes', () => {
  it(
    'begins more sessions when more are allowed, and ends the newest when fewer are',
    drawn((stage) => {
      const source = stage.cold('  (abcd)', values);
      const maxPeers = stage.cold('1-3-1-----', { 1: 1, 3: 3 });
      const dials = '              a-(bc)';
      const [a, b, c] = [stage.cold('-x-----x-'), stage.cold('-y-y'), stage.cold('-z-z')];
      const result = '             -x-(yz)x';
      const { run, dials: dialled } = drawnSwarm(stage, { a, b, c }, { maxPeers });
      stage.gives(source.pipe(run), '^---------!').toBe(result.trim());
      stage.happens(dialled).toBe(dials.replaceAll(' ', ''));
      stage.expectSubscriptions(a.subscriptions).toBe('^---------!');
      stage.expectSubscriptions(b.subscriptions).toBe('--^-!');
      stage.expectSubscriptions(c.subscriptions).toBe('--^-!');
    }),
  );

  it(
    'begins none before it is known how many',
    drawn((stage) => {
      const maxPeers = stage.cold('---1', { 1: 1 });
      const { run, dials } = drawnSwarm(stage, {}, { maxPeers });
      stage.gives(stage.cold('a', values).pipe(run), '^-----!').toBe('-');
      stage.happens(dials).toBe('---a');
      stage.expectSubscriptions(maxPeers.subscriptions).toBe('^-----!');
    }),
  );

  it(
    'says what is wanted once the source can hear it, and fails as its size does',
    drawn((stage) => {
      const wants: Mark[] = [];
      const wanted = { next: (count: number) => void wants.push({ frame: stage.now(), kind: 'value', value: count }) };
      const maxPeers = stage.cold('2--3-#', { 2: 2, 3: 3 }, failure('refused'));
      const { run } = drawnSwarm(stage, {}, { maxPeers, wanted });
      stage.gives(stage.cold<PeerAddress>('-').pipe(run)).toBe('-----#', undefined, failure('refused'));
      stage.happens(wants).toBe('2--3');
    }),
  );
});
