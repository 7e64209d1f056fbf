import { NEVER, Subject, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { sampleProgress } from '../operators/sampleProgress.ts';
import type { DownloadEvent, Progress } from '../src/contracts/events.ts';
import { drawn } from './index.ts';

const progress = (stored = 0): Progress => ({
  type: 'progress',
  phase: 'downloading',
  stored,
  length: 9,
  pieces: 0,
  pieceCount: 1,
  downloaded: 0,
  uploaded: 0,
  rate: 0,
  upRate: 0,
  ratio: 0,
  peers: { known: 0, connecting: 0, connected: 0, unchoked: 0, banned: 0 },
  wasted: 0,
});
const stored: DownloadEvent = { type: 'stored', index: 0, length: 9, from: [] };
const events = { s: stored };
const sample = (every?: number) => sampleProgress(() => progress(), every);

describe('sampleProgress', () => {
  it(
    'adds a sample each period, and one at the end',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const source = cold('--s-------|', events);
      const all = '        --s-p---p-(p|)';
      gives(source.pipe(sample(4))).toBe(all);
      expectSubscriptions(source.subscriptions).toBe('^---------!');
    }),
  );

  it(
    'adds nothing while there is nothing to tell',
    drawn(({ cold, gives }) => {
      const source = cold('--s-------|', events);
      const told = [undefined, progress(1), progress(2)];
      const all = '        --s-----p-(q|)';
      gives(cold<DownloadEvent>('|').pipe(sampleProgress(() => undefined))).toBe('|');
      gives(source.pipe(sampleProgress(() => told.shift(), 4))).toBe(all, {
        s: stored,
        p: progress(1),
        q: progress(2),
      });
    }),
  );

  it(
    'samples four times a second',
    drawn(({ gives }) => {
      gives(NEVER.pipe(sample()), '^ 1s !').toBe('250ms p 249ms p 249ms p 249ms p');
    }),
  );

  it(
    'reads the counters anew each time, and only then',
    drawn(({ cold, gives }) => {
      let reads = 0;
      const read = (): Progress => progress(++reads);
      gives(cold<DownloadEvent>('----------|').pipe(sampleProgress(read, 4))).toBe('----a---b-(c|)', {
        a: progress(1),
        b: progress(2),
        c: progress(3),
      });
    }),
  );

  it(
    'gives one sample of what ends at once, and none of what fails',
    drawn(({ cold, gives }) => {
      gives(cold<DownloadEvent>('|').pipe(sample(4))).toBe('(p|)');
      gives(of(stored).pipe(sample(4))).toBe('(sp|)');
      gives(cold('s-----#', events).pipe(sample(4))).toBe('s---p-#');
      gives(cold<DownloadEvent>('#').pipe(sample(4))).toBe('#');
    }),
  );

  it(
    'stops when it is left',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const source = cold('--s-------', events);
      gives(source.pipe(sample(4)), '^-----!').toBe('--s-p-');
      expectSubscriptions(source.subscriptions).toBe('^-----!');
    }),
  );

  it('may hear of an event while it gives one', () => {
    const events$ = new Subject<DownloadEvent>();
    const given: string[] = [];
    events$.pipe(sample(1e9)).subscribe(({ type }) => {
      given.push(type);
      if (type === 'stored')
        events$.next({ type: 'done', length: 9, path: 'a', paths: ['a'], downloaded: 9, uploaded: 0, wasted: 0 });
      if (type === 'done') events$.complete();
    });
    events$.next(stored);
    expect(given).toEqual(['stored', 'done', 'progress']);
  });
});
