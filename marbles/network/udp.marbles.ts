import { ignoreElements, map, merge, mergeMap, switchMap, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { UdpSocket } from '../../src/contracts/network.ts';
import { DrawnUdp, drawn, HOME, type HostOptions, type Stage } from '../index.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);
const heard = (socket: UdpSocket) => socket.datagrams$.pipe(map((datagram) => text(datagram.bytes)));
const [home] = HOME;

describe('udp', () => {
  it(
    'takes a datagram there and the answer back',
    drawn((stage) => {
      const { env, udp } = stage.world({ udp: { latency: 3 } });
      udp.plays({ host: '10.0.0.9', port: 53 }, ({ bytes: asked }) => bytes(text(asked).toUpperCase()));
      const answers$ = env.bindUdp({ family: 4 }).pipe(
        tap((socket) => timer(1).subscribe(() => socket.send(bytes('a'), { host: '10.0.0.9', port: 53 }))),
        switchMap(heard),
      );
      stage.gives(answers$, '^---------!').toBe('-------A');
    }),
  );

  it(
    'loses what `loss` says, and is silent where no program listens',
    drawn((stage) => {
      const { env, udp } = stage.world({ udp: { loss: 1 } });
      udp.plays({ host: '10.0.0.9', port: 53 }, () => bytes('x'));
      const lost$ = env.bindUdp({ family: 4 }).pipe(
        tap((socket) => socket.send(bytes('a'), { host: '10.0.0.9', port: 53 })),
        switchMap(heard),
      );
      stage.gives(lost$, '^ 50ms !').toBe('-');
    }),
  );

  it(
    'binds another port where one is taken, and the same port for all that join a group',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: 1 }, stage.ledger);
      const [one, two] = [network.at(home), network.at('192.0.2.2')];
      const ports$ = one
        .bindUdp({ family: 4, port: 9 })
        .pipe(mergeMap(({ port }) => one.bindUdp({ family: 4, port }).pipe(map((again) => again.port === port))));
      stage.gives(ports$, '^-!').toBe('f', { f: false });
      const group = { family: 4, port: 6771, multicast: '239.192.152.143' } as const;
      const hears$ = two.bindUdp(group).pipe(switchMap(heard));
      stage.gives(hears$, '^----!').toBe('---h');
      const calls$ = one
        .bindUdp(group)
        .pipe(
          mergeMap((socket) =>
            timer(2).pipe(tap(() => socket.send(bytes('h'), { host: group.multicast, port: group.port }))),
          ),
        );
      stage.gives(calls$, '^----!').toBe('--0', { 0: 0 });
      expect(network.sockets).toBe(0);
    }),
  );

  it(
    'knows names, and takes literals for what they are',
    drawn((stage) => {
      const { env } = stage.world({ udp: { names: { 'a.example': ['10.0.0.1'] } } });
      stage.gives(env.resolve('a.example')).toBe('(a|)', { a: ['10.0.0.1'] });
      stage.gives(env.resolve('b.example')).toBe('(a|)', { a: [] });
      stage.gives(env.resolve('::1')).toBe('(a|)', { a: ['::1'] });
    }),
  );
});

/** A line that loses nothing, whose datagrams are counted as 1000 bytes. */
const LINE = { delay: 1, up: 100_000, down: 100_000 };
const PAYLOAD = 972;

describe('datagrams between machines with lines', () => {
  /** When the numbers that ONE sends at once arrive at TWO. */
  const arrivals = (stage: Stage, options: HostOptions, count: number) => {
    const network = stage.network();
    const [one, other] = [network.host('10.0.0.1', options), network.host('10.0.0.2', { delay: 1 })];
    const sending$ = one.env.bindUdp({ family: 4 }).pipe(
      tap((socket) => {
        for (let n = 0; n < count; n++) socket.send(new Uint8Array(PAYLOAD).fill(n), { host: '10.0.0.2', port: 7 });
      }),
      ignoreElements(),
    );
    const coming$ = other.env.bindUdp({ family: 4, port: 7 }).pipe(
      switchMap(({ datagrams$ }) => datagrams$),
      map((datagram) => String((datagram.bytes[0] ?? 0) % 10)),
    );
    return merge(coming$, timer(0).pipe(switchMap(() => sending$)));
  };

  it(
    'take as long as the lines are slow, and are dropped where too many wait',
    drawn((stage) => {
      stage.gives(arrivals(stage, LINE, 3), '^ 90ms !').toBe('12ms 0 9ms 1 9ms 2');
      const heardOf: unknown[] = [];
      stage.watch(arrivals(stage, { ...LINE, queue: 50 }, 20).pipe(tap((n) => heardOf.push(n))), '^ 900ms !');
      stage.watch(timer(900).pipe(tap(() => expect(heardOf).toHaveLength(6))));
    }),
  );

  it(
    'overtake each other, and come twice, by chance',
    drawn((stage) => {
      const come: string[] = [];
      const options = { delay: 1, jitter: 40, duplicates: 0.5 };
      stage.watch(arrivals(stage, options, 10).pipe(tap((n) => come.push(n))), '^ 900ms !');
      stage.watch(
        timer(900).pipe(
          tap(() => {
            expect(come.length).toBeGreaterThan(10);
            expect(new Set(come).size).toBe(10);
            expect(come).not.toEqual([...come].sort());
          }),
        ),
      );
    }),
  );
});
