import { EMPTY, map, of, throwError } from 'rxjs';
import { describe, it } from 'vitest';
import { SourceGates } from '../src/discovery/gates.ts';
import { orAtFirst } from '../src/download/streams/orAtFirst.ts';
import { drawn, type Mark } from './index.ts';

const gates = (): SourceGates => new SourceGates(() => {});

describe('gate', () => {
  it(
    'lets a source through while it is on, and begins it anew each time',
    drawn(({ cold, hot, gives, expectSubscriptions }) => {
      const source = cold('--a--b-c');
      const on$ = hot('    t-----f--t----').pipe(map((letter) => letter === 't'));
      const gives$ = '     --a--b-----a--b-c';

      gives(source.pipe(gates().gate(on$)), '^----------------!').toBe(gives$);
      expectSubscriptions(source.subscriptions).toBe(['^-----!', '---------^-------!']);
    }),
  );

  it(
    'does not end with its source: another may come',
    drawn(({ cold, hot, gives }) => {
      const on$ = hot('t---------').pipe(map(() => true));
      gives(cold('    -a|').pipe(gates().gate(on$)), '^---------!').toBe('-a--------');
    }),
  );
});

describe('swapped', () => {
  it(
    'leaves a source for the next one, but not for the same',
    drawn(({ cold, hot, gives, expectSubscriptions }) => {
      const [a, b] = [cold('-1-2-3|'), cold('-4|')];
      const sources$ = hot('a-a-b----').pipe(map((letter) => (letter === 'a' ? a : b)));
      const gives$ = '      -1-2-4---';

      gives(gates().swapped(sources$), '^--------!').toBe(gives$);
      expectSubscriptions(a.subscriptions).toBe('^---!');
      expectSubscriptions(b.subscriptions).toBe('----^-!');
    }),
  );

  it(
    'waits while the last one may name more, and not when it is over; from one to the next it goes on waiting',
    drawn(({ cold, hot, gives, happens, now }) => {
      const changes: Mark[] = [];
      const swapping = new SourceGates(() => {
        swapping.check();
        changes.push({ frame: now(), kind: 'value', value: swapping.waits });
      });
      const sources$ = hot('a--b---').pipe(map((letter) => cold(letter === 'a' ? '-----|' : '-|')));

      gives(swapping.swapped(sources$), '^------!').toBe('-------');
      happens(changes).toBe('---tf');
    }),
  );

  it(
    'goes on when a source fails, if that is told',
    drawn(({ cold, hot, gives }) => {
      const sources$ = hot('a---b-').pipe(map((letter) => (letter === 'a' ? cold('-1#') : cold('2|'))));
      gives(
        gates().swapped(sources$, () => EMPTY),
        '^-----!',
      ).toBe('-1--2-');
      gives(gates().swapped(sources$.pipe(map(() => throwError(() => new Error('why'))))), '^-----!').toBe(
        '#',
        {},
        new Error('why'),
      );
    }),
  );
});

describe('orAtFirst', () => {
  it(
    'is for what has nothing to say yet',
    drawn(({ cold, gives }) => {
      gives(cold('--b--|').pipe(orAtFirst('a'))).toBe('a-b--|');
      gives(of('b').pipe(orAtFirst('a'))).toBe('(b|)');
      gives(EMPTY.pipe(orAtFirst('a'))).toBe('(a|)');
    }),
  );
});
