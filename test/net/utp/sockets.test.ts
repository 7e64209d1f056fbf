import { EMPTY, filter, firstValueFrom, map, merge, mergeMap, type Observable, scan, switchMap, take, tap } from 'rxjs';
import { expect, it } from 'vitest';
import type { Wire } from '../../../src/contracts/network.ts';
import { nodeEnv } from '../../../src/node.ts';

const SIZE = 3_000_000;
const CONTENT = Uint8Array.from({ length: SIZE }, (_, at) => (at * 31 + (at >> 8)) & 255);

const hasSix = (await import('node:os')).networkInterfaces()['lo']?.some(({ family }) => family === 'IPv6') === true;
const HOSTS = hasSix ? ['127.0.0.1', '::1'] : ['127.0.0.1'];

/** All bytes of a wire, once there are so many. */
const whole = (wire: Wire, length: number): Observable<Buffer> =>
  wire.bytes$.pipe(
    scan((all, chunk) => Buffer.concat([all, chunk]), Buffer.alloc(0)),
    filter((all) => all.length >= length),
    take(1),
  );

/** Sends back what it gets, as it comes. */
const echo = (wire: Wire): Observable<unknown> => wire.bytes$.pipe(tap((chunk) => wire.write(new Uint8Array(chunk))));

it.each(HOSTS)('bytes go both ways by uTP over real sockets, at %s', async (host) => {
  const [one, other] = [nodeEnv({ tcp: false, encryption: 'off' }), nodeEnv({ tcp: false, encryption: 'off' })];
  const answered$ = other.listen({ ports: [0] }).pipe(
    switchMap(({ port, calls$ }) =>
      merge(
        calls$.pipe(
          mergeMap(({ wire$ = EMPTY }) => wire$.pipe(mergeMap(echo))),
          filter(() => false),
        ),
        one.connect({ host, port, source: 'manual' }),
      ),
    ),
    map((wire) => wire as Wire),
    tap((wire) => wire.write(new Uint8Array(CONTENT))),
    switchMap((wire) => whole(wire, SIZE).pipe(map((bytes) => ({ bytes, road: wire.road?.() })))),
  );
  const { bytes, road } = await firstValueFrom(answered$);
  expect(road).toBe('utp');
  expect(Buffer.compare(bytes, CONTENT)).toBe(0);
});

it('TCP and uTP peers call the same port, and the DHT has it, too', async () => {
  const [one, other] = [nodeEnv({ tcp: false, encryption: 'off' }), nodeEnv({ encryption: 'off' })];
  const plain = nodeEnv({ utp: false, encryption: 'off' });
  const roads$ = other.listen({ ports: [0] }).pipe(
    switchMap(({ port, calls$ }) => {
      const at = { host: '127.0.0.1', port, source: 'manual' } as const;
      const dialled$ = merge(one.connect(at), plain.connect(at)).pipe(
        tap((wire) => wire.write(new Uint8Array([1]))),
        filter(() => false),
        map(() => ''),
      );
      const heard$ = other.bindUdp({ family: 4, port }).pipe(
        tap((socket) => socket.send(new TextEncoder().encode('d1:y1:qe'), { host: '127.0.0.1', port: socket.port })),
        switchMap(({ datagrams$ }) => datagrams$),
        map(({ bytes }) => new TextDecoder().decode(bytes)),
      );
      const called$ = calls$.pipe(
        mergeMap(({ wire$ = EMPTY }) => wire$),
        map((wire) => wire.road?.() ?? ''),
      );
      return merge(called$, heard$, dialled$);
    }),
    scan((all: readonly string[], road) => [...all, road], []),
    filter((all) => all.length === 3),
  );
  expect([...(await firstValueFrom(roads$))].sort()).toEqual(['d1:y1:qe', 'tcp', 'utp']);
});
