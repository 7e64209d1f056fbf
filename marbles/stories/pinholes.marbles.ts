import { concat, filter, map, mergeMap, NEVER, of, Subject, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { UdpOptions } from '../../src/contracts/network.ts';
import type { Gateway } from '../../src/net/nat/gateways.ts';
import { Outside } from '../../src/net/nat/outside.ts';
import { pinholes } from '../../src/net/nat/pinholes.ts';
import type { PortMapped } from '../../src/net/nat/portMapped.ts';
import { parseIp } from '../../src/protocol/encoding/ip.ts';
import { drawn } from '../index.ts';

const [ROUTER, PORT] = ['fe80::1%eth0', 6881];
const [OLD, NEW] = ['2a00::2', '2a00::3'];
const to = (...ours: readonly string[]): readonly Gateway[] => ours.map((local) => ({ host: ROUTER, local }));
const hole = (host: string): PortMapped => ({ by: 'PCP', port: PORT, transports: ['tcp', 'udp'], host });

/** A router that lets calls through, and says so as RFC 6887 has it: to the address that asks it. */
const router = (log: string[]) => ({
  randomBytes: (length: number) => new Uint8Array(length).fill(7),
  httpGet: () => NEVER,
  bindUdp: ({ family, host = '', to: place }: UdpOptions) => {
    const heard$ = new Subject<Uint8Array>();
    return concat(
      of({
        port: 1,
        datagrams$: heard$.pipe(
          mergeMap((bytes) => timer(2).pipe(map(() => ({ bytes, from: place ?? { host: '', port: 0 } })))),
        ),
        undelivered$: NEVER,
        send: (asked: Uint8Array) => {
          const lifetime = new DataView(asked.buffer, asked.byteOffset).getUint32(4);
          log.push(`${family} ${host} ${place?.host} ${lifetime > 0 ? 'opens' : 'closes'}`);
          expect(asked.subarray(8, 24)).toEqual(parseIp(host));
          const reply = new Uint8Array(asked);
          reply[1] = 0x81;
          reply.set(asked.subarray(8, 24), 44);
          heard$.next(reply);
        },
      }),
      NEVER,
    );
  },
});

describe('calls by IPv6', () => {
  it(
    'are let through by the router to each address of ours, as long as that is there',
    drawn((stage) => {
      const log: string[] = [];
      let ours = to(OLD);
      const gateways$ = stage.cold('(g|)', { g: 0 }).pipe(map(() => ours));
      const mapped$ = pinholes({ env: router(log), gateways$, port: PORT });
      stage.gives(timer(60_000).pipe(tap(() => (ours = to(OLD, NEW))))).toBe('1m (a|)', { a: 0 });
      stage.gives(timer(660_000).pipe(tap(() => (ours = to(NEW))))).toBe('11m (a|)', { a: 0 });
      stage.gives(mapped$, '^ 25m !').toBe('4ms p 599999ms q', { p: hole(OLD), q: hole(NEW) });
      const of6 = (address: string): number => log.filter((each) => each.startsWith(`6 ${address} ${ROUTER}`)).length;
      const closed = (): readonly string[] =>
        log.filter((each) => each.endsWith('closes')).map((each) => each.slice(2, 9));
      stage.gives(timer(1_300_000).pipe(map(closed))).toBe('1300s (l|)', { l: [OLD, OLD] });
      stage.gives(timer(1_600_000).pipe(map(() => [of6(OLD), of6(NEW), closed()]))).toBe('1600s (l|)', {
        l: [4, 4, [OLD, OLD, NEW, NEW]],
      });
    }),
  );

  it(
    'are not where no router is, which nobody waits for',
    drawn((stage) => {
      const log: string[] = [];
      stage.gives(pinholes({ env: router(log), gateways$: of([]), port: PORT }), '^ 60m !').toBe('-');
      stage.gives(timer(3_600_001).pipe(map(() => log))).toBe('3600001ms (l|)', { l: [] });
    }),
  );

  it('come to another address than those by IPv4, which is told beside it', () => {
    const outside = new Outside();
    const [before, after]: [string[], string[]] = [[], []];
    outside.address$.subscribe((host) => before.push(host));
    for (const host of ['5.5.5.5', OLD, '5.5.5.5', undefined, OLD, '6.6.6.6']) outside.at(host);
    outside.address$.pipe(filter((host) => host !== '')).subscribe((host) => after.push(host));
    expect([before, after]).toEqual([
      ['5.5.5.5', OLD, '6.6.6.6'],
      ['6.6.6.6', OLD],
    ]);
  });
});
