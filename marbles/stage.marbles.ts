import { NEVER, Observable, concatMap, delay, filter, finalize, interval, map, merge, take, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { now } from '../src/contracts/clock.ts';
import { drawn, type DrawingOptions, type Stage } from './index.ts';

/** The message with which a drawing fails; empty if it does not. */
const failure = (scene: (stage: Stage) => void, options?: DrawingOptions): string => {
  try {
    drawn(scene, options)();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

/** Asks for the next block with each that comes; two at the first unchoke. */
const asking = (peer: Peer, { request }: Stage['words']): Observable<string> => {
  let next = 3;
  return peer.messages$.pipe(
    tap(({ type }) => {
      if (type === 'unchoke') peer.send(request(1), request(2));
      if (type === 'piece' && next <= 4) peer.send(request(next++));
    }),
    filter((message) => message.type === 'piece'),
    map((message) => `${(message as { readonly bytes: Uint8Array }).bytes[0]}`),
  );
};

describe('a drawing', () => {
  it(
    'runs RxJS on virtual time',
    drawn(({ cold, gives, time, now: at }) => {
      const source = cold('a--b--|       ');
      const lag = time('   --|           ');
      const expected = '   --a--b|       ';
      gives(source.pipe(delay(lag))).toBe(expected);
      gives(timer(60_000).pipe(map(() => [now(), at()]))).toBe('1m (x|)', { x: [60_000, 60_000] });
    }),
  );

  it(
    'tells subscriptions from the beginning to the end',
    drawn(({ hot, gives, expectSubscriptions }) => {
      const source = hot('-a-b-c-');
      const subs = '      ^--!---';
      const result = '    -a-----';
      gives(source, subs).toBe(result);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'tells several subscriptions one from another',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const source = cold('a-|');
      const subs = ['      ^-!-----', '---^-!--'];
      gives(source).toBe('a-|');
      gives(source, '     ---^').toBe('---a-|');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'compares errors by name and code',
    drawn(({ cold, gives }) => {
      const silent = new PeerError('silent', 'nothing for 150 s');
      gives(cold('--#', undefined, silent)).toBe('--#', undefined, new PeerError('silent', 'in other words'));
      gives(cold('--#', undefined, silent)).toBe('--#', undefined, { name: 'PeerError', code: 'silent' });
    }),
  );

  it(
    'ends what nobody ended',
    drawn(({ gives }) => {
      gives(NEVER).toBe('-');
      gives(interval(1000), '3001ms !').toBe('1s 0 999ms 1 999ms 2');
    }),
  );
});

describe('a drawing that came out otherwise', () => {
  it('fails, and shows both lanes aligned', () => {
    expect(failure(({ cold, gives }) => gives(cold('--a--b|')).toBe('--a---b|'))).toBe(
      ['', 'gives: not as drawn', '  expected  --a---b|', '  received  --a--b|-'].join('\n'),
    );
  });

  it('aligns groups and long waits', () => {
    expect(failure(({ cold, gives }) => gives(cold('-(ab)- 15s c|')).toBe('-a---- 15s c|'))).toBe(
      ['', 'gives: not as drawn', '  expected  -a--- 15001ms c|', '  received  -(ab) 15001ms c|'].join('\n'),
    );
  });

  it('names values that are not drawn', () => {
    expect(
      failure(({ cold, gives }) =>
        gives(cold('-a-b', { a: { n: 1 }, b: { n: 2 } })).toBe('-a-b', { a: { n: 1 }, b: { n: 3 } }),
      ),
    ).toBe(['', 'gives: not as drawn', '  expected  -a-b', '  received  -a-z', '            z = { n: 2 }'].join('\n'));
  });

  it('tells one error from another', () => {
    const told = failure(({ cold, gives }) =>
      gives(cold('-#', undefined, new PeerError('silent', 'no word'))).toBe('-#', {}, new PeerError('reset', 'gone')),
    );
    expect(told).toContain('# = PeerError silent “no word”');
    expect(told).toContain('# drawn as PeerError reset “gone”');
  });

  it.each<[string, (stage: Stage) => void]>([
    ['a frame too late', ({ cold, gives }) => gives(cold('-a')).toBe('--a')],
    ['a value too many', ({ cold, gives }) => gives(cold('-ab')).toBe('-a')],
    ['a value missing', ({ cold, gives }) => gives(cold('-a')).toBe('-ab')],
    ['an end that was not drawn', ({ cold, gives }) => gives(cold('-a|')).toBe('-a')],
    [
      'a subscription too long',
      ({ hot, gives, expectSubscriptions }) => {
        const source = hot('---a');
        gives(source, '^---!').toBe('---a');
        expectSubscriptions(source.subscriptions).toBe('^--!');
      },
    ],
    ['a message that was not sent', ({ peer, sends }) => sends(peer('---')).toBe('-R')],
    ['a lane that says nothing', ({ cold, gives }) => void gives(cold('-a'))],
    [
      'what throws in the middle',
      () => {
        throw new Error('thrown');
      },
    ],
  ])('notices %s', (_, scene) => {
    expect(failure(scene)).not.toBe('');
  });

  it('says which lane is meant when there are several', () => {
    const lines = failure(({ cold, gives }) => {
      gives(cold('-a')).toBe('-b');
      gives(cold('-a')).toBe('-a');
      gives(cold('-a')).toBe('-c');
    }).match(/in line \d+/g);
    const [first = 0, second = 0] = (lines ?? []).map((text) => Number(text.slice(8)));
    expect([lines?.length, second - first]).toEqual([2, 2]);
  });

  it('notices when it goes round in circles', () => {
    expect(failure(({ gives }) => gives(interval(0)).toBe('-'))).toContain('give the drawing an end');
  });
});

describe('peers', () => {
  it(
    'say what is drawn and record what they are sent',
    drawn(({ peer, sends, asks, gives, words }) => {
      const seed = peer('-----U---1-2-3---4---');
      const sent = '     -----(RR)R-R--------- ';
      const digits = '   -----(12)3-4--------- ';
      const blocks = '   ---------1-2-3---4--- ';
      sends(seed).toBe(sent);
      asks(seed).toBe(digits);
      gives(asking(seed, words)).toBe(blocks);
    }),
  );

  it(
    'can be asked what they were sent before or after anyone subscribes',
    drawn(({ peer, sends, gives, words }) => {
      const seed = peer('--U--');
      gives(asking(seed, words)).toBe('-');
      sends(seed).toBe('--(RR)');
    }),
  );

  it(
    'have changed before anyone hears of it',
    drawn(({ peer, gives }) => {
      const seed = peer('-B-U-C-H|', undefined, { has: [] });
      gives(seed.messages$.pipe(map(() => `${seed.state.have.count}${seed.state.choked ? 'c' : 'u'}`))).toBe(
        '-a-b-a-a|',
        { a: '2c', b: '2u' },
      );
      gives(peer('-B').messages$).toBe('-B');
    }),
  );

  it(
    'have everything unless they say what they have',
    drawn(({ peer, gives, cold }) => {
      const counts = [peer('U'), peer('-B'), peer('', {}, { has: [1] })].map(({ state }) => state.have.count);
      gives(cold('a').pipe(map(() => counts))).toBe('a', { a: [2, 0, 1] });
    }),
  );

  it(
    'cannot say what may not be said',
    drawn(({ peer, gives, words }) => {
      gives(peer('-H', { H: words.have(2) }).messages$).toBe('-#', {}, { name: 'PeerError', code: 'malformed' });
    }),
  );

  it(
    'lend their bytes only for a moment',
    drawn(({ peer, gives }) => {
      const kept: Uint8Array[] = [];
      const late$ = peer('-2-|').messages$.pipe(
        tap((message) => message.type === 'piece' && kept.push(message.bytes)),
        delay(1),
        map(() => kept[0]?.[0]),
      );
      gives(late$).toBe('--x|', { x: 0xdd });
    }),
  );

  it(
    'fill up and drain',
    drawn(({ peer, gives, cold }) => {
      const slow = peer('', {}, { buffer: '-f--d' });
      gives(cold('a-b--c').pipe(map(() => slow.send({ type: 'keepAlive' })))).toBe('t-f--t');
      gives(slow.drained$).toBe('----x', { x: undefined });
    }),
  );
});

describe('wires', () => {
  it(
    'carry what is drawn, in bytes, and record what is written',
    drawn(({ wire, gives, sends, torrent }) => {
      const theirs = wire('--h-U-1|');
      gives(
        theirs.bytes$.pipe(
          tap((bytes) => theirs.write(bytes.slice())),
          map(({ length }) => length),
        ),
      ).toBe('--a-b-c|', { a: 68, b: 5, c: 13 + 16384 });
      sends(theirs).toBe('--h-U-1');
      sends(theirs).toBe('--h-U-P');
      gives(
        theirs.bytes$.pipe(
          take(1),
          map((bytes) => bytes.slice(28, 48)),
        ),
      ).toBe('--(i|)', { i: torrent.infoHash });
    }),
  );

  it(
    'carry rubbish as well',
    drawn(({ wire, gives }) => {
      gives(wire('-x', { x: Uint8Array.of(1, 2, 3) }).bytes$).toBe('-x', { x: Uint8Array.of(1, 2, 3) });
    }),
  );

  it(
    'lend their chunks only for a moment',
    drawn(({ wire, gives }) => {
      let lent = new Uint8Array();
      const late$ = wire('-U-|').bytes$.pipe(
        tap((bytes) => (lent = bytes as typeof lent)),
        delay(1),
        map(() => lent[0]),
      );
      gives(late$).toBe('--x|', { x: 0xdd });
    }),
  );
});

describe('the leak gate', () => {
  it('finds a source that is still listened to', () => {
    const leaky = ({ hot, gives }: Stage): void => {
      const source = hot('-a-b');
      gives(
        new Observable((subscriber) => {
          source.subscribe(subscriber);
          return () => {};
        }),
      ).toBe('-a-b');
      source.subscribe();
    };
    expect(failure(leaky)).toContain("left subscribed at the end: hot('-a-b')");
    expect(failure(leaky, { mayLeak: true })).toBe('');
  });

  it('finds what was opened and not closed', () => {
    const opens =
      (ends: boolean) =>
      ({ cold, gives, ledger }: Stage): void =>
        gives(
          cold('-a').pipe(
            concatMap((a) => {
              const close = ledger.open('a door');
              return merge(NEVER, [a]).pipe(finalize(() => ends && close()));
            }),
          ),
        ).toBe('-a');
    expect(failure(opens(false))).toContain('left open at the end: a door');
    expect(failure(opens(true))).toBe('');
  });
});
