import type { NetworkInterfaceInfo } from 'node:os';
import {
  concat,
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  switchMap,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { boundListen } from '../../src/net/bind/boundListen.ts';
import { boundUdp } from '../../src/net/bind/boundUdp.ts';
import { LocalAddresses, localAddresses } from '../../src/net/bind/localAddresses.ts';
import { InputError, NetworkError } from '../../src/contracts/errors.ts';
import type { ListenOptions, UdpOptions, UdpSocket } from '../../src/contracts/network.ts';
import { SharedSockets } from '../../src/net/utp/sharedSockets.ts';
import { UtpNode } from '../../src/net/utp/utpNode.ts';
import type { Env } from '../../src/contracts/env.ts';
import { drawn, DrawnUdp, type Stage } from '../index.ts';
import { bytes } from '../network/twoHosts.ts';

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

const info = (address: string): NetworkInterfaceInfo =>
  ({ address, family: address.includes(':') ? 'IPv6' : 'IPv4', internal: false }) as NetworkInterfaceInfo;
const TUN = ['10.8.0.2', 'fe80::2', '2001:db8::2'];
const UP: Interfaces = { eth0: [info('192.0.2.7')], tun0: TUN.map(info) };
const DOWN: Interfaces = { eth0: [info('192.0.2.7')] };
/** What the system itself makes stays a moment longer. */
const LEFT_OVER: Interfaces = { eth0: [info('192.0.2.7')], tun0: [info('fe80::2')] };
const FOUR: Interfaces = { eth0: [info('192.0.2.7')], tun0: [info('10.8.0.2')] };

/** A machine whose interfaces change at these times, each as a word. */
const machine = (stage: Stage, drawing: string, first: Interfaces = UP): LocalAddresses => {
  let now = first;
  const changes$ = stage.cold(drawing, { u: UP, d: DOWN, f: FOUR }).pipe(tap((next) => (now = next)));
  stage.gives(changes$.pipe(mergeMap(() => EMPTY))).toBe(drawing.replaceAll(/[udf]/g, '-'));
  return new LocalAddresses(['tun0'], () => now);
};

describe('the addresses that everything is bound to', () => {
  it('are those of an interface, the ones that lead out first, or those that are named', () => {
    const of = (...names: readonly string[]) => new LocalAddresses(names, () => UP).all;
    expect(of('tun0')).toEqual(['10.8.0.2', '2001:db8::2', 'fe80::2%tun0']);
    expect(of('2001:0DB8::0002', '192.0.2.7')).toEqual(['192.0.2.7', '2001:db8::2']);
    expect(of('eth0')).toEqual(['192.0.2.7']);
    expect(new LocalAddresses(['eth0'], () => UP).of(6)).toBeUndefined();
    expect(() => localAddresses(['eth0', 'tun1'], () => UP)).toThrow(InputError);
    expect(() => localAddresses(['10.9.9.9'], () => ({}))).toThrow('it has none');
    expect(localAddresses(['eth0'], () => UP).must(4)).toBe('192.0.2.7');
    expect(() => localAddresses(['eth0'], () => UP).must(6)).toThrow('has no IPv6 address now');
  });

  it(
    'are looked at four times a second: a connection is cut off when its own is gone',
    drawn((stage) => {
      const local = machine(stage, '600ms d');
      const gone = new NetworkError('no-room', '10.8.0.2', 'is no address of this machine any more');
      stage.gives(local.lost('10.8.0.2')).toBe('750ms #', undefined, gone);
      stage.gives(timer(800).pipe(switchMap(() => local.lost('10.8.0.2')))).toBe('800ms #', undefined, gone);
    }),
  );
});

describe('whoever is dialled while there is no address', () => {
  const missing = new NetworkError('no-room', 'tun0', 'has no address now');

  it('is not to blame, as it is where one family is missing', () => {
    const [gone, half] = [new LocalAddresses(['tun0'], () => DOWN), new LocalAddresses(['tun0'], () => FOUR)];
    expect(() => gone.must(4)).toThrow(missing);
    expect(() => half.must(6)).toThrow(expect.objectContaining({ code: 'unreachable' }) as Error);
    expect(() => new LocalAddresses(['tun0'], () => LEFT_OVER).must(4)).toThrow(missing);
    expect(new LocalAddresses(['tun0'], () => LEFT_OVER).must(6)).toBe('fe80::2%tun0');
  });

  it('is not to blame for what fails on a socket whose own address is gone, though others are there', () => {
    const failed = Object.assign(new Error(), { code: 'EHOSTUNREACH' });
    const local = new LocalAddresses(['tun0'], () => FOUR);
    expect(local.codeFrom('10.8.0.2', failed)).toBe('unreachable');
    expect(local.codeFrom('2001:db8::2', failed)).toBe('no-room');
    expect(local.codeFrom('10.8.0.3', Object.assign(new Error(), { code: 'ECONNREFUSED' }))).toBe('no-room');
  });

  it(
    'by uTP hears of it at once, and so does whoever is connected, with the next packet',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: 5 }, stage.ledger);
      const world = {
        randomBytes: (length: number) => new Uint8Array(length).fill(7),
        turn: (task: () => void) => task(),
      };
      const local = machine(stage, '600ms d');
      const nodeAt = (host: string, through: (bindUdp: Env['bindUdp']) => Env['bindUdp']) => {
        const bindUdp = through((options) => network.at(host).bindUdp(options));
        return new UtpNode(new SharedSockets(bindUdp), world);
      };
      const [here, there] = [
        nodeAt('10.8.0.2', (bindUdp) => boundUdp(bindUdp, local)),
        nodeAt('10.9.0.9', (same) => same),
      ];
      const address = { host: '10.9.0.9', port: 6881, source: 'manual' as const };
      const takes$ = there.callsAt(6881, [4]).pipe(mergeMap(({ wire$ = EMPTY }) => wire$));
      stage.gives(takes$.pipe(ignoreElements()), '^ 2s !').toBe('');
      const listens$ = here.at(4, 7000).pipe(ignoreElements());
      stage.gives(listens$, '^ 2s !').toBe('');
      const speaks$ = here.dial(address).pipe(
        switchMap((wire) =>
          merge(
            of('w'),
            timer(0, 400).pipe(
              tap(() => wire.write(bytes('x'))),
              ignoreElements(),
            ),
          ),
        ),
      );
      const later$ = timer(900).pipe(switchMap(() => here.dial(address)));
      const gone = { name: 'NetworkError', code: 'no-room' };
      stage.gives(speaks$).toBe('----------w 799ms #', { w: 'w' }, gone);
      stage.gives(later$).toBe('900ms #', undefined, gone);
    }),
  );
});

describe('a port at these addresses', () => {
  const calling = (log: string[]) => (options: ListenOptions) =>
    merge(
      of({
        port: options.ports[0] === 0 ? 7000 : (options.ports[0] ?? 0),
        calls$: timer(10).pipe(map(() => ({ host: options.host ?? '', port: 1, source: 'incoming' as const }))),
      }),
      NEVER,
    ).pipe(
      tap({
        subscribe: () => log.push(`open ${options.host} ${options.ports.join()}`),
        unsubscribe: () => log.push('close'),
      }),
    );

  it(
    'is closed while they are gone, and is the same when they are back',
    drawn((stage) => {
      const log: string[] = [];
      const local = machine(stage, '600ms d 499ms f');
      const listen = boundListen(calling(log), local);
      const calls$ = listen({ ports: [0, 1] }).pipe(
        mergeMap(({ port, calls$ }) => calls$.pipe(map((each) => `${port} ${each.host}`))),
      );
      stage.gives(calls$, '^ 1400ms !').toBe('10ms (ab) 1246ms a', { a: '7000 10.8.0.2', b: '7000 2001:db8::2' });
      stage.gives(timer(2000).pipe(map(() => log))).toBe('2s (l|)', {
        l: ['open 10.8.0.2 0,1', 'open 2001:db8::2 7000', 'close', 'close', 'open 10.8.0.2 7000', 'close'],
      });
    }),
  );

  it(
    'is not to be had without an address, or if it is taken; the second family may fail',
    drawn((stage) => {
      const none = boundListen(() => NEVER, machine(stage, '-', DOWN));
      const missing = new NetworkError('no-address', 'tun0', 'has no address now');
      stage.gives(none({ ports: [1] }).pipe(map(() => 'p'))).toBe('#', undefined, missing);
      const taken = new NetworkError('port-taken', 'TCP port 1', 'another program uses this port');
      const failing = boundListen(() => throwError(() => taken), machine(stage, '-'));
      stage.gives(failing({ ports: [1] }).pipe(map(() => 'p'))).toBe('#', undefined, taken);
      const half = boundListen(
        ({ host }) => (host?.includes(':') ? throwError(() => taken) : concat(of({ port: 1, calls$: NEVER }), NEVER)),
        machine(stage, '-'),
      );
      stage.gives(half({ ports: [1] }).pipe(map(({ port }) => port)), '^ 300ms !').toBe('p', { p: 1 });
    }),
  );
});

describe('a UDP socket at these addresses', () => {
  it(
    'is closed while they are gone, and is the same when they are back; what is sent meanwhile is not delivered',
    drawn((stage) => {
      const log: string[] = [];
      const bindUdp = (options: UdpOptions): Observable<UdpSocket> =>
        merge(
          of({
            port: options.port ?? 5000,
            datagrams$: timer(10).pipe(map(() => ({ bytes: bytes(''), from: { host: `${options.host}`, port: 1 } }))),
            undelivered$: NEVER,
            send: () => void log.push('send'),
          }),
          NEVER,
        ).pipe(
          tap({
            subscribe: () => log.push(`open ${options.host} ${options.port}`),
            unsubscribe: () => log.push('close'),
          }),
        );
      const bound = boundUdp(bindUdp, machine(stage, '600ms d 499ms u'));
      const told$ = bound({ family: 6 }).pipe(
        mergeMap(({ port, datagrams$, undelivered$, send }) =>
          merge(
            datagrams$.pipe(map(({ from }) => `${port} ${from.host}`)),
            undelivered$.pipe(map(({ why, all }) => `${why}: ${all}`)),
            timer(500, 500).pipe(mergeMap(() => (send(bytes('x'), { host: '2001:db8::9', port: 1 }), EMPTY))),
          ),
        ),
      );
      stage.gives(told$, '^ 1700ms !').toBe('10ms h 989ms u 259ms h', {
        h: '5000 2001:db8::2',
        u: 'the address that is bound to is gone: true',
      });
      stage.gives(timer(2000).pipe(map(() => log))).toBe('2s (l|)', {
        l: ['open 2001:db8::2 undefined', 'send', 'close', 'open 2001:db8::2 5000', 'send', 'close'],
      });
    }),
  );

  it(
    'is not to be had without an address of its family',
    drawn((stage) => {
      const none = boundUdp(() => NEVER, machine(stage, '-', FOUR));
      const missing = new NetworkError('unreachable', 'tun0', 'has no IPv6 address now');
      stage.gives(none({ family: 6 }).pipe(map(() => 's'))).toBe('#', undefined, missing);
    }),
  );
});
