import fc from 'fast-check';
import { EMPTY, NEVER, Subject, type Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { TrackerCommons } from '../../../src/discovery/trackers/trackerCommons.ts';
import {
  AnnounceQueue,
  MAX_ANNOUNCES,
  MAX_PER_HOST,
  MAX_WAITING,
  URGENCY,
  type Urgency,
} from '../../../src/discovery/trackers/announceQueue.ts';

describe('the announces of all torrents', () => {
  it('are four at a time to one host, and fifty in all', () => {
    const queue = new AnnounceQueue();
    const asked = Array.from({ length: 300 }, () => queue.inTurn('one', URGENCY.other, () => NEVER).subscribe());
    expect([queue.running, queue.waiting]).toEqual([MAX_PER_HOST, 300 - MAX_PER_HOST]);
    const others = Array.from({ length: 300 }, (_, host) =>
      queue.inTurn(`${host}`, URGENCY.other, () => NEVER).subscribe(),
    );
    expect(queue.running).toBe(MAX_ANNOUNCES);
    for (const each of [...asked, ...others]) each.unsubscribe();
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it('are no more than the system grants, and never more than fifty', () => {
    const running = (room?: { readonly announces: number }): number => {
      const { queue } = new TrackerCommons(room);
      for (let host = 0; host < 60; host++) queue.inTurn(`${host}`, URGENCY.other, () => NEVER).subscribe();
      return queue.running;
    };
    expect([running({ announces: 2 }), running({ announces: 500 }), running()]).toEqual([
      2,
      MAX_ANNOUNCES,
      MAX_ANNOUNCES,
    ]);
  });

  it('may end while they begin, however many wait', () => {
    const queue = new AnnounceQueue();
    const first$ = new Subject<never>();
    for (let at = 0; at < MAX_PER_HOST; at++) queue.inTurn('one', URGENCY.other, () => first$).subscribe();
    let ended = 0;
    for (let at = 0; at < MAX_WAITING; at++)
      queue.inTurn('one', URGENCY.other, () => EMPTY).subscribe({ complete: () => ended++ });
    first$.complete();
    expect([ended, queue.running, queue.waiting]).toEqual([MAX_WAITING, 0, 0]);
  });

  it('are refused when too many wait', () => {
    const queue = new AnnounceQueue({ most: 1 });
    const asked = Array.from({ length: MAX_WAITING + 1 }, () =>
      queue.inTurn('one', URGENCY.other, () => NEVER).subscribe(),
    );
    let refused: unknown;
    queue.inTurn('one', URGENCY.goodbye, () => NEVER).subscribe({ error: (error: unknown) => (refused = error) });
    expect(refused).toMatchObject({ name: 'TrackerError', code: 'unreachable' });
    for (const each of asked) each.unsubscribe();
  });

  it('hold their invariants whatever happens', () => {
    const event = fc.tuple(
      fc.constantFrom('asks', 'asks', 'leaves', 'answers'),
      fc.nat(9),
      fc.constantFrom<Urgency>(0, 1, 2),
    );
    const run = fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const queue = new AnnounceQueue({ most: 5, mostPerHost: 2 });
      const open: { readonly answer$: Subject<void>; readonly asked: Subscription }[] = [];
      for (const [kind, which, urgency] of events) {
        const [one] = kind === 'asks' ? [] : open.splice(which % Math.max(1, open.length), 1);
        if (kind === 'asks') {
          const answer$ = new Subject<void>();
          open.push({ answer$, asked: queue.inTurn(`${which % 4}`, urgency, () => answer$).subscribe() });
        } else if (kind === 'leaves') one?.asked.unsubscribe();
        else one?.answer$.complete();
        queue.check();
      }
      for (const { asked } of open) asked.unsubscribe();
      expect([queue.running, queue.waiting]).toEqual([0, 0]);
    });
    expect(() => fc.assert(run)).not.toThrow();
  });
});
