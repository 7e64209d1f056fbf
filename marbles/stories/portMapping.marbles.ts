import {
  concat,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subject,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { HttpReply, HttpRequest, UdpEndpoint, UdpSocket } from '../../src/contracts/network.ts';
import type { PortMapped } from '../../src/net/nat/portMapped.ts';
import { AGAIN, portMapping, type PortMappingOptions } from '../../src/net/nat/portMapping.ts';
import { drawn, type Stage } from '../index.ts';
import { bytes } from '../network/twoHosts.ts';

const [ROUTER, OURS, PORT] = ['10.0.0.1', '10.0.0.7', 6881];
const hex = (words: string): Uint8Array => new Uint8Array(Buffer.from(words.replaceAll(' ', ''), 'hex'));
const nonce = '07'.repeat(12);
const at = (host: string, port = 5351): UdpEndpoint => ({ host, port });

/** One router, as it behaves: what it says to each datagram, and to each request. */
interface Conduct {
  readonly says?: (asked: string) => readonly (readonly [Uint8Array, UdpEndpoint])[];
  readonly answers?: (request: HttpRequest) => Observable<HttpReply>;
}

const pcp = (transport: string, lifetime = 3600, external = PORT, by = nonce): Uint8Array => {
  const ports = [PORT, external].map((port) => port.toString(16).padStart(4, '0')).join('');
  const host = '00000000000000000000ffff05050505';
  const life = lifetime.toString(16).padStart(8, '0');
  return hex(`02810000 ${life} 00000001 ${'00'.repeat(12)} ${by} ${transport}000000 ${ports} ${host}`);
};
const answer = (reply: Uint8Array, from = at(ROUTER)): readonly (readonly [Uint8Array, UdpEndpoint])[] => [
  [reply, from],
];
const isPcp = (asked: string): boolean => asked.startsWith('0201');
const transportOf = (asked: string): string => asked.slice(72, 74);
const lifetimeOf = (asked: string): number => parseInt(asked.slice(8, 16), 16);

const told = (log: string[], { says = () => [], answers = () => NEVER }: Conduct): PortMappingOptions['env'] => ({
  randomBytes: (length) => new Uint8Array(length).fill(7),
  httpGet: (request) => {
    const action = (request.headers?.['soapaction'] ?? 'get').replace(/.*#|"$/g, '');
    log.push(`${action} ${request.url}`);
    return answers(request);
  },
  bindUdp: () => {
    const heard$ = new Subject<readonly [Uint8Array, UdpEndpoint]>();
    const socket: UdpSocket = {
      port: 1,
      datagrams$: heard$.pipe(mergeMap(([reply, from]) => timer(2).pipe(map(() => ({ bytes: reply, from }))))),
      undelivered$: NEVER,
      send: (sent, to) => {
        const asked = Buffer.from(sent).toString('hex');
        log.push(to.port === 1900 ? 'search' : `${isPcp(asked) ? `pcp ${lifetimeOf(asked)}` : `pmp ${asked}`}`);
        for (const each of says(asked)) heard$.next(each);
      },
    };
    return concat(of(socket), NEVER);
  },
});

const mapping = (conduct: Conduct, log: string[] = [], notes: string[] = []): Observable<PortMapped> =>
  portMapping({
    env: told(log, conduct),
    gateway$: of({ host: ROUTER, local: OURS }),
    port: PORT,
    note: (what) => notes.push(what),
  });
const after = (stage: Stage, time: number, what: () => unknown, expected: unknown): void =>
  stage.gives(timer(time).pipe(map(what))).toBe(`${time}ms (w|)`, { w: expected });
const both = (by: PortMapped['by'], host?: string): PortMapped => ({
  ...{ by, port: PORT, transports: ['tcp', 'udp'] },
  ...(host !== undefined && { host }),
});

const XML =
  '<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>' +
  '<controlURL>/c</controlURL></service>';
const found = (location: string): Uint8Array =>
  bytes(`HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nLOCATION: ${location}\r\n\r\n`);
const reply = (body: string, status = 200): Observable<HttpReply> => of({ status, body: bytes(body), url: '' });
/** Nothing but UPnP, after 7.5 s of silence. */
const upnp = (location: string, answers: Conduct['answers'] = () => reply(XML), from = ROUTER): Conduct => ({
  says: (asked) => (asked.startsWith('4d2d5345') ? answer(found(location), at(from, 1900)) : []),
  answers,
});

describe('a port of ours', () => {
  it(
    'is mapped by PCP, renewed by half of the time, and taken back at the end',
    drawn((stage) => {
      const log: string[] = [];
      const says = (asked: string) => (isPcp(asked) ? answer(pcp(transportOf(asked))) : []);
      stage.gives(mapping({ says }, log), '^ 1900s !').toBe('4ms p 1800003ms p', { p: both('PCP', '5.5.5.5') });
      const round = ['pcp 3600', 'pcp 3600'];
      after(stage, 1_910_000, () => log, [...round, ...round, 'pcp 0', 'pcp 0']);
    }),
  );

  it(
    'is mapped by UPnP where the router knows nothing else, with an answer of its own only',
    drawn((stage) => {
      const log: string[] = [];
      const notes: string[] = [];
      const answers: Conduct['answers'] = ({ post = '' }) => {
        if (post.includes('GetExternal')) return reply('<NewExternalIPAddress>192.168.9.9</NewExternalIPAddress>');
        return post.includes('<NewLeaseDuration>3600') ? reply('<errorCode>725</errorCode>', 500) : reply(XML);
      };
      const router = upnp('http://10.0.0.1:5/d.xml', answers);
      stage.gives(mapping(router, log, notes), '^ 9s !').toBe('7502ms p', { p: both('UPnP') });
      const add = ['AddPortMapping http://10.0.0.1:5/c', 'AddPortMapping http://10.0.0.1:5/c'];
      const one = [...add, 'GetExternalIPAddress http://10.0.0.1:5/c'];
      const back = 'DeletePortMapping http://10.0.0.1:5/c';
      after(stage, 9_100, () => log.filter((each) => !/^p[cm]p/.test(each)), [
        ...['search', 'get http://10.0.0.1:5/d.xml', ...one, ...one, back, back],
      ]);
      after(stage, 9_100, () => notes, [
        'PCP at 10.0.0.1: it does not answer',
        'NAT-PMP at 10.0.0.1: it does not answer',
        'UPnP: port 6881 is passed on (tcp, udp)',
        'what was asked for is taken back',
      ]);
    }),
  );

  it(
    'is not mapped by what others say, nor by answers to what was not asked',
    drawn((stage) => {
      const log: string[] = [];
      const says = (asked: string) => {
        if (!isPcp(asked)) return answer(hex('0082 0000 00000001 0001 0001 00000e10'));
        const other = pcp(transportOf(asked), 3600, PORT, '08'.repeat(12));
        return [...answer(other), ...answer(pcp('06'), at('10.0.0.9')), ...answer(hex('ff')), ...answer(hex(''))];
      };
      stage.gives(mapping({ says }, log), '^ 20s !').toBe('-');
      after(stage, 19_000, () => log.filter((each) => each.startsWith('pcp')).length, 4);
    }),
  );

  it(
    'is not kept by a router that gives another one, and waits ten minutes for one that gives none',
    drawn((stage) => {
      const notes: string[] = [];
      let given = 6882;
      const says = (asked: string) => (isPcp(asked) ? answer(pcp(transportOf(asked), 3600, given)) : []);
      const mapped$ = mapping({ says }, [], notes).pipe(tap({ subscribe: () => undefined }));
      stage
        .gives(
          merge(
            mapped$,
            timer(20_000).pipe(
              tap(() => (given = PORT)),
              ignoreElements(),
            ),
          ),
          '^ 620s !',
        )
        .toBe(`${4 + 3_750 + 3_500 + AGAIN + 4}ms p`, { p: both('PCP', '5.5.5.5') });
      after(stage, 30_000, () => [...notes], [
        'PCP at 10.0.0.1: it gave port 6882 instead',
        'NAT-PMP at 10.0.0.1: it does not answer',
        'UPnP at 10.0.0.1: it does not answer',
        'the router maps no ports',
      ]);
    }),
  );

  it(
    'is not asked of anybody that a router sends us to, and an answer without an end is none',
    drawn((stage) => {
      const why = (conduct: Conduct, log: string[] = []): void => {
        const notes: string[] = [];
        stage.gives(mapping(conduct, log, notes), '^ 30s !').toBe('-');
        after(stage, 29_000, () => notes.filter((note) => note.startsWith('UPnP')).length, 1);
      };
      const logs: string[][] = [[], [], [], [], []];
      why(upnp('http://10.0.0.9/d.xml'), logs[0]);
      why(upnp('https://10.0.0.1/d.xml'), logs[1]);
      why(upnp('http://10.0.0.1:5/d.xml', undefined, '10.0.0.9'), logs[2]);
      const away = XML.replace('/c<', 'http://127.0.0.1:9/c<');
      why(
        upnp('http://10.0.0.1:5/d.xml', () => reply(away)),
        logs[3],
      );
      const endless = new NetworkError('malformed', 'http://10.0.0.1', 'the answer is longer than 131072 bytes');
      why(
        upnp('http://10.0.0.1:5/d.xml', () => throwError(() => endless)),
        logs[4],
      );
      const requests = (): readonly number[] => logs.map((log) => log.filter((each) => each.includes('http')).length);
      after(stage, 29_500, requests, [0, 0, 0, 1, 1]);
    }),
  );
});
