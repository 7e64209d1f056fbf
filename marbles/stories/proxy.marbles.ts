import { EMPTY, map, merge, mergeMap, NEVER, type Observable, of, switchMap, tap, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { direct, type Below } from '../../src/net/below.ts';
import { MAX_NAMES, StandIns } from '../../src/net/proxy/standIns.ts';
import type { ProxyNote } from '../../src/net/proxy/proxyNote.ts';
import { throughProxy } from '../../src/net/proxy/throughProxy.ts';
import { PROXY_WITHIN } from '../../src/net/proxy/proxiedWire.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { UdpEndpoint, UdpSocket, Wire } from '../../src/contracts/network.ts';
import { parseProxy, type ProxyServer } from '../../src/protocol/proxy/proxyServer.ts';
import { encodeSocksDatagram } from '../../src/protocol/proxy/socksDatagram.ts';
import { drawn, type NetworkedHost } from '../index.ts';
import { at, bytes, heard, listening, ONE, text, TWO, two } from '../network/twoHosts.ts';

const server = (kind = 'socks5'): ProxyServer => parseProxy(`${kind}://${TWO}:6881`) as ProxyServer;
const hex = (words: string): Uint8Array => new Uint8Array(Buffer.from(words.replaceAll(' ', ''), 'hex'));
const fault = (code: NetworkError['code'], why: string, where = '192.0.2.7:1'): NetworkError =>
  new NetworkError(code, where, why);

/** A proxy that answers what it hears, chunk by chunk, whatever that is. */
const answering = (other: NetworkedHost, ...answers: readonly Uint8Array[]): Observable<never> =>
  listening(other, (wire) =>
    wire.bytes$.pipe(
      tap(() => {
        const [answer, ...more] = answers;
        answers = more;
        if (answer !== undefined) wire.write(answer);
      }),
    ),
  );

/** Everything below us that is drawn: nothing else can be used. */
const below = (host: NetworkedHost, more: Partial<Below> = {}): Below => ({
  ...direct,
  connect: host.env.connect,
  bindUdp: () => throwError(() => new RangeError('not drawn')),
  listen: () => throwError(() => new RangeError('not drawn')),
  look: (name) => of([name]),
  ...more,
});
const through = (world: Below, notes: ProxyNote[] = [], kind = 'socks5'): Below =>
  throughProxy(world, { server: server(kind), listens: false, note: (note) => notes.push(note) });
const PEER = at('192.0.2.7', 1);

describe('a connection through a proxy', () => {
  it(
    'is clean once the proxy has made it, also of what comes with its last word',
    drawn((stage) => {
      const [one, other] = two(stage);
      const notes: ProxyNote[] = [];
      stage.gives(answering(other, hex('0500'), hex('05000001 00000000 0000 6869'), bytes('yo')), '^ 90ms !').toBe('-');
      const said$ = through(below(one), notes)
        .connect(PEER)
        .pipe(
          mergeMap((wire) =>
            merge(
              heard(wire).pipe(map((word) => `${word} ${wire.address.host} ${wire.road?.()}`)),
              timer(10).pipe(mergeMap(() => (wire.write(bytes('go')), EMPTY))),
            ),
          ),
        );
      stage.gives(said$, '^ 80ms !').toBe('------------------h---------------y', {
        h: 'hi 192.0.2.7 proxy',
        y: 'yo 192.0.2.7 proxy',
      });
      const told = [{ to: '192.0.2.7:1', what: `by socks5://${TWO}:6881` }];
      stage.gives(timer(90).pipe(map(() => notes))).toBe('90ms (n|)', { n: told });
    }),
  );

  it(
    'fails as the proxy says, or because the proxy is of no use; and by no other way',
    drawn((stage) => {
      const network = stage.network();
      const [one, refusing] = [network.host(ONE, { delay: 1 }), network.host(TWO, { delay: 2 })];
      stage.gives(answering(refusing, hex('0500'), hex('0505')), '^ 90ms !').toBe('-');
      const refused = fault('refused', 'connection refused, says the proxy');
      stage.gives(through(below(one)).connect(PEER)).toBe('------------------#', undefined, refused);
      const gone = below(one, { connect: () => throwError(() => fault('refused', 'connection refused', 'the proxy')) });
      const useless = fault('unreachable', "the proxy can't be used: connection refused");
      stage.gives(through(gone).connect(PEER)).toBe('#', undefined, useless);
      const six = throughProxy(below(one), { server: server('socks4a'), listens: false }).connect(at('2001:db8::7', 1));
      const unable = fault('unreachable', 'SOCKS4a does not know IPv6 addresses', '[2001:db8::7]:1');
      stage.gives(six).toBe('#', undefined, unable);
    }),
  );

  it(
    'is given up when the proxy says nothing, hangs up, or is none',
    drawn((stage) => {
      const network = stage.network();
      const one = network.host(ONE, { delay: 1 });
      const [silent, leaving, odd] = [TWO, '10.0.0.3', '10.0.0.4'].map((host) => network.host(host, { delay: 2 }));
      const by = (host: string): Observable<Wire> =>
        throughProxy(below(one), { server: { ...server(), host }, listens: false }).connect(PEER);
      stage.gives(listening(silent as NetworkedHost), '^ 16s !').toBe('-');
      const late = fault('timeout', 'no answer of the proxy within 15 s');
      stage.gives(by(TWO)).toBe(`${PROXY_WITHIN + 6}ms #`, undefined, late);
      stage
        .gives(
          listening(leaving as NetworkedHost, () => EMPTY),
          '^ 16s !',
        )
        .toBe('-');
      stage.gives(answering(odd as NetworkedHost, bytes('SSH-2.0')), '^ 16s !').toBe('-');
      const none = fault(
        'unreachable',
        'the proxy does not speak as it should: proxy: expected SOCKS5, got version 83',
      );
      stage.gives(by('10.0.0.4')).toBe('------------#', undefined, none);
    }),
  );
});

it(
  'a proxy that says a byte a second is waited for no longer than one that says nothing',
  drawn((stage) => {
    const [one, other] = two(stage);
    const words = bytes(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100)}`);
    const drips = (wire: Wire) => timer(0, 1_000).pipe(tap((n) => wire.write(words.slice(n, n + 1))));
    stage
      .gives(
        listening(other, (wire) => drips(wire).pipe(mergeMap(() => EMPTY))),
        '^ 20s !',
      )
      .toBe('-');
    const late = fault('timeout', 'no answer of the proxy within 15 s');
    stage.gives(through(below(one), [], 'http').connect(PEER)).toBe('15s 6ms #', undefined, late);
  }),
);

describe('what a proxy is not asked for', () => {
  it(
    'does not happen: no listening, no local network, no UDP unless it relays, no question to a name server',
    drawn((stage) => {
      const [one] = two(stage);
      const world = below(one, { look: () => throwError(() => new RangeError('asked')) });
      const { listen, bindUdp, look } = through(world, [], 'http');
      const no = (code: NetworkError['code']) => ({ name: 'NetworkError', code });
      stage.gives(listen({ ports: [1] })).toBe('#', undefined, no('no-address'));
      stage.gives(bindUdp({ family: 4 })).toBe('#', undefined, no('no-address'));
      stage.gives(through(world).bindUdp({ family: 4, multicast: '239.0.0.1' })).toBe('#', undefined, no('no-address'));
      stage.gives(look('a.example')).toBe('(a|)', { a: ['192.0.2.1'] });
      stage.gives(look('localhost')).toBe('(a|)', { a: ['127.0.0.1'] });
      stage.gives(look('router.lan')).toBe('#', undefined, { name: 'NameError', code: 'ENOTFOUND' });
    }),
  );
});

describe('datagrams through a proxy', () => {
  it(
    'go to the proxy alone, wherever it says that it relays; and again when it relays again',
    drawn((stage) => {
      const [one, other] = two(stage);
      const asked: UdpEndpoint[] = [];
      const sent: string[] = [];
      const socket: UdpSocket = {
        port: 5,
        datagrams$: timer(5).pipe(
          mergeMap(() => [encodeSocksDatagram(bytes('re'), '203.0.113.9', 7), hex('00'), hex('00000009')]),
          map((framed) => ({ bytes: framed, from: { host: TWO, port: 99 } })),
        ),
        undelivered$: NEVER,
        send: (framed, { host, port }) => sent.push(`${host}:${port} ${Buffer.from(framed).toString('latin1')}`),
      };
      const bindUdp: Below['bindUdp'] = ({ to }) => {
        if (to !== undefined) asked.push(to);
        return merge(of(socket), NEVER);
      };
      const relays = (wire: Wire): Observable<unknown> => {
        const answers = [hex('0500'), hex('05000001 c6336401 0063')];
        const talk$ = wire.bytes$.pipe(tap(() => wire.write(answers.shift() ?? hex('00'))));
        return merge(talk$, NEVER);
      };
      stage.gives(listening(other, relays), '^ 100ms !').toBe('-');
      const proxied = through(below(one, { bindUdp }));
      const heard$ = proxied.look('name.example').pipe(
        switchMap(([name = '']) =>
          proxied.bindUdp({ family: 4 }).pipe(
            mergeMap(({ datagrams$, send }) => {
              send(bytes('q'), { host: name, port: 7 });
              send(bytes('p'), { host: '203.0.113.77', port: 7 });
              return datagrams$.pipe(map(({ bytes: said, from }) => `${text(said)} ${from.host}`));
            }),
          ),
        ),
      );
      // Whose answer it is, of a name or of the address itself, is told by the answer.
      const both = { n: 're 192.0.2.1', a: 're 203.0.113.9' };
      stage.gives(heard$, '^ 60ms !').toBe('-----------------------(na)', both);
      stage.gives(timer(70).pipe(map(() => [asked, sent]))).toBe('70ms (s|)', {
        s: [
          [{ host: TWO, port: 99 }],
          [`${TWO}:99 \0\0\0\x03\x0cname.example\0\x07q`, `${TWO}:99 \0\0\0\x01\xcb\0qM\0\x07p`],
        ],
      });
    }),
  );
});

describe('stand-ins for names', () => {
  it('are addresses that nobody has, one for a name, forgotten when there are too many', () => {
    const standIns = new StandIns();
    const first = standIns.of('A.example');
    expect([first, standIns.of('a.example'), standIns.meant(first), standIns.has(first)]).toEqual([
      ...['192.0.2.1', '192.0.2.1', 'a.example'],
      true,
    ]);
    expect([standIns.of('10.0.0.1'), standIns.meant('10.0.0.1'), standIns.has('10.0.0.1')]).toEqual([
      ...['10.0.0.1', '10.0.0.1'],
      false,
    ]);
    for (let each = 1; each < MAX_NAMES; each++) standIns.of(`${each}.example`);
    standIns.check();
    expect(standIns.of('1.example')).toBe('192.0.2.2');
    expect(standIns.of('one.more')).toBe(first);
    standIns.check();
  });
});
