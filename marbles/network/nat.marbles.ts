import { ignoreElements, map, merge, mergeMap, type Observable, switchMap, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawn, type NatKind, type Stage } from '../index.ts';
import { at, bytes, heard, listening, ONE, text, two, TWO } from './twoHosts.ts';

const THREE = '10.0.0.3';

/**
 * One behind a router writes to port 7 of TWO at 0 ms. Who gets an answer through: `a` from port 7, `b` from another
 * port of TWO, `c` from another host? And the port that TWO and port 8 of it see.
 */
const answers = (stage: Stage, nat: NatKind, later = 0): { seen: number[]; came: Observable<string> } => {
  const network = stage.network();
  const [one, other, third] = [
    network.host(ONE, { delay: 1, nat }),
    network.host(TWO, { delay: 2 }),
    network.host(THREE, { delay: 8 }),
  ];
  const seen: number[] = [];
  const writes$ = one.env.bindUdp({ family: 4, port: 5000 }).pipe(
    tap((socket) => {
      socket.send(bytes('?'), { host: TWO, port: 7 });
    }),
    mergeMap(({ datagrams$ }) => datagrams$),
    map((datagram) => text(datagram.bytes)),
  );
  const answering$ = other.env.bindUdp({ family: 4, port: 7 }).pipe(
    switchMap((socket) => socket.datagrams$.pipe(map(({ from }) => ({ from, socket })))),
    tap(({ from }) => seen.push(from.port)),
    mergeMap(({ from, socket }) =>
      timer(later).pipe(
        mergeMap(() => merge(other.env.bindUdp({ family: 4, port: 8 }), third.env.bindUdp({ family: 4, port: 7 }))),
        tap((another) => {
          if (another.port === 8) socket.send(bytes('a'), from);
          another.send(bytes(another.port === 8 ? 'b' : 'c'), from);
        }),
      ),
    ),
    ignoreElements(),
  );
  return { seen, came: merge(writes$, answering$) };
};

describe('a router', () => {
  it.each<[kind: NatKind, lane: string]>([
    ['full-cone', '      ------(ab)--c'],
    ['restricted', '     ------(ab)'],
    ['port-restricted', '------a'],
    ['symmetric', '      ------a'],
  ])('that is %s lets through what it should', (kind, lane) => {
    drawn((stage) => {
      stage.gives(answers(stage, kind).came, '^ 90ms !').toBe(lane);
    })();
  });

  it(
    'forgets after two minutes who was written to',
    drawn((stage) => {
      stage.gives(answers(stage, 'full-cone', 121_000).came, '^ 130s !').toBe('-');
    }),
  );

  it('keeps the port, or shows another one to each', () => {
    const ports = (['restricted', 'symmetric'] as const).map((kind) => {
      let seen: number[] = [];
      drawn((stage) => {
        const scene = answers(stage, kind);
        seen = scene.seen;
        stage.watch(scene.came, '^ 90ms !');
      })();
      return seen[0];
    });
    expect(ports[0]).toBe(5000);
    expect(ports[1]).not.toBe(5000);
  });

  it(
    'lets nobody connect from outside, and everybody from inside',
    drawn((stage) => {
      const [one, other] = two(stage, { nat: 'full-cone' });
      const late = { name: 'NetworkError', code: 'timeout' };
      const listens = [one, other].map((host) => stage.watch(listening(host), '^ 11s !'));
      expect(listens).toHaveLength(2);
      stage.gives(other.env.connect(at(ONE)).pipe(mergeMap(heard))).toBe('10s #', undefined, late);
    }),
  );
});
