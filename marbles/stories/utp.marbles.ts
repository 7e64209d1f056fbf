import {
  asapScheduler,
  EMPTY,
  filter,
  ignoreElements,
  map,
  mergeMap,
  type Observable,
  Subject,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import type { Env } from '../../src/contracts/env.ts';
import type { UdpSocket, Wire } from '../../src/contracts/network.ts';
import type { Network } from '../../src/net/below.ts';
import { blocked } from '../../src/net/blocklist/blocked.ts';
import { SharedSockets } from '../../src/net/utp/sharedSockets.ts';
import { listenUtp } from '../../src/net/utp/utpListen.ts';
import { UtpNode } from '../../src/net/utp/utpNode.ts';
import { Blocklist } from '../../src/protocol/blocklist/blocklist.ts';
import { parseRanges } from '../../src/protocol/blocklist/parseRanges.ts';
import { encodeUtp, STATE, UtpPacket } from '../../src/protocol/utp/utpPacket.ts';
import { drawn, DrawnUdp, type Stage } from '../index.ts';
import { at, bytes, ONE, text, TWO } from '../network/twoHosts.ts';
import { failed } from './encryptionScene.ts';

/** Milliseconds from one host to the other. */
const LATENCY = 5;

/** What a network does with a datagram: 0 loses it, 2 carries it twice, and more is how many ms it comes later. */
type Fate = (type: string, nth: number) => number;

/** Letters of datagrams: data, the end, an acknowledgement, a reset, a call. */
const LETTERS = 'DFARS';

/** A host that speaks uTP. */
interface UtpHost {
  readonly node: UtpNode;
  /** For whoever shares its ports. */
  readonly bindUdp: Env['bindUdp'];
  /** The letter of each datagram that leaves it. */
  readonly sent$: Observable<string>;
}

const letterOf = (datagram: Uint8Array): string => {
  const packet = new UtpPacket();
  return packet.read(datagram) ? (LETTERS[packet.type] ?? '?') : '?';
};

/** Chance that gives all connections the same numbers, and turns without a clock. */
const WORLD = {
  randomBytes: (length: number) => new Uint8Array(length).fill(7),
  turn: (task: () => void): void => void asapScheduler.schedule(task),
};

/** A host in a network; `fate` says what becomes of what it sends, of which each kind is counted from 1. */
const utpHost = (network: DrawnUdp, host: string, fate: Fate = () => 1): UtpHost => {
  const sent$ = new Subject<string>();
  const counts = new Map<string, number>();
  const fated = (socket: UdpSocket): UdpSocket => ({
    ...socket,
    send: (datagram, to) => {
      const letter = letterOf(datagram);
      const nth = (counts.get(letter) ?? 0) + 1;
      counts.set(letter, nth);
      sent$.next(letter);
      const becomes = fate(letter, nth);
      // What is sent again is the same memory.
      const copy = new Uint8Array(datagram);
      if (becomes > 2) timer(becomes).subscribe(() => socket.send(copy, to));
      else for (let times = 0; times < becomes; times++) socket.send(copy, to);
    },
  });
  const { bindUdp } = network.at(host);
  const sockets = new SharedSockets((options) => bindUdp(options).pipe(map(fated)));
  return { node: new UtpNode(sockets, WORLD), bindUdp: sockets.bindUdp, sent$ };
};

/** Two hosts with 5 ms between them; the fates are of what each of them sends. */
const utpHosts = (stage: Stage, fate?: Fate, otherFate?: Fate): readonly [UtpHost, UtpHost, DrawnUdp] => {
  const network = new DrawnUdp({ latency: LATENCY }, stage.ledger);
  return [utpHost(network, ONE, fate), utpHost(network, TWO, otherFate), network];
};

/** Calls TWO and says some words at once; emits what comes back. */
const callsAndSays = ({ node }: UtpHost, ...words: readonly Uint8Array[]): Observable<string> =>
  node.dial(at(TWO)).pipe(
    tap((wire) => {
      for (const word of words) wire.write(word);
    }),
    switchMap((wire) => wire.bytes$.pipe(map(text))),
  );

/** Takes calls; emits how many bytes have come, each time that some come. */
const counts = ({ node }: UtpHost, answer: (wire: Wire, length: number) => void = () => {}): Observable<string> =>
  node.callsAt(6881, [4]).pipe(
    mergeMap(({ wire$ = EMPTY }) => wire$),
    mergeMap((wire) =>
      wire.bytes$.pipe(
        tap(({ length }) => answer(wire, length)),
        map(({ length }) => String(length)),
      ),
    ),
  );

/** As many bytes as fill so many packets of the first size. */
const packets = (count: number): Uint8Array => new Uint8Array(count * 1_212);

describe('a connection by uTP', () => {
  it(
    'is there after one round trip, carries words both ways, and is closed in order',
    drawn((stage) => {
      const [one, other, network] = utpHosts(stage);
      stage.gives(one.sent$, '^ 90ms !').toBe('S---------D---------A---------------F');
      stage.gives(other.sent$, '^ 90ms !').toBe('-----A---------D-------------------------(AF)');
      stage
        .gives(
          counts(other, (wire) => wire.write(bytes('no'))),
          '^ 90ms !',
        )
        .toBe('---------------2', { 2: '2' });
      stage.gives(callsAndSays(one, bytes('hi')), '^ 35ms !').toBe('--------------------n', { n: 'no' });
      stage.gives(timer(85).pipe(map(() => String(network.sockets))), '^ 90ms !').toBe('85ms (1|)', { 1: '1' });
    }),
  );

  it(
    'is sent again what three later packets have overtaken, within a round trip',
    drawn((stage) => {
      const [one, other] = utpHosts(stage, (type, nth) => (type === 'D' && nth === 2 ? 0 : 1));
      stage.gives(counts(other), '^ 60ms !').toBe('---------------a---------b', { a: '1212', b: '7272' });
      stage.gives(one.sent$.pipe(filter((type) => type === 'D')), '^ 60ms !').toBe('----------(DDDDDDD)-D');
      stage.gives(callsAndSays(one, packets(7)), '^ 60ms !').toBe('');
    }),
  );

  it(
    'puts in order what comes in another one',
    drawn((stage) => {
      const [one, other] = utpHosts(stage, (type, nth) => (type === 'D' && nth === 1 ? 3 : 1));
      stage.gives(counts(other), '^ 60ms !').toBe('------------------a', { a: '3636' });
      stage.gives(one.sent$, '^ 60ms !').toBe('S---------(DDD)');
      stage.gives(callsAndSays(one, packets(3)), '^ 60ms !').toBe('');
    }),
  );

  it(
    'takes what comes twice once, and acknowledges it again',
    drawn((stage) => {
      const [one, other] = utpHosts(stage, (type) => (type === 'D' ? 2 : 1));
      stage.gives(counts(other), '^ 60ms !').toBe('---------------a', { a: '2' });
      stage.gives(other.sent$, '^ 59ms !').toBe('-----A---------(AA)');
      stage.gives(callsAndSays(one, bytes('hi')), '^ 60ms !').toBe('');
    }),
  );

  it(
    'sends again what is acknowledged too late, and takes the acknowledgements as they come',
    drawn((stage) => {
      const [one, other] = utpHosts(
        stage,
        () => 1,
        (type, nth) => (type === 'A' && nth > 1 ? 600 : 1),
      );
      stage.gives(counts(other), '^ 2s !').toBe('---------------a', { a: '2' });
      stage.gives(one.sent$, '^ 2s !').toBe('S---------D 499ms D');
      stage.gives(callsAndSays(one, bytes('hi')), '^ 2s !').toBe('');
    }),
  );

  it(
    'is given up when nobody has answered three calls',
    drawn((stage) => {
      const [one] = utpHosts(stage);
      stage.gives(one.sent$, '^ 10s !').toBe('S 999ms S 1999ms S');
      stage.gives(callsAndSays(one, bytes('hi')), '^ 10s !').toBe('7s #', undefined, failed('timeout'));
    }),
  );

  it(
    'is refused where nobody takes calls, and by whoever does not know it any more',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: LATENCY }, stage.ledger);
      const [one, other] = [utpHost(network, ONE), utpHost(network, TWO)];
      // The other host has the port, but calls somebody itself and takes no calls.
      stage.gives(other.node.at(4, 6881).pipe(ignoreElements()), '^ 40ms !').toBe('');
      stage.gives(callsAndSays(one, bytes('hi')), '^ 40ms !').toBe('----------#', undefined, failed('refused'));
    }),
  );
});

describe('a window that is closed', () => {
  it(
    'is asked about after half a second, with one byte, and used as soon as it is open',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: LATENCY }, stage.ledger);
      const one = utpHost(network, ONE);
      const packet = new UtpPacket();
      let window = 0;
      network.plays({ host: TWO, port: 6881 }, ({ bytes }) => {
        packet.read(bytes);
        const { id, type, sequence, sentAt } = packet;
        const ours = type === 4 ? id : id - 1;
        const answer = { type: STATE, id: ours, sentAt, delay: 1, window, sequence: 9, ack: sequence } as const;
        // It has taken what it had before it was asked.
        window = type === 4 ? 0 : 9_000;
        return encodeUtp(answer);
      });
      stage.gives(one.sent$, '^ 2s !').toBe('S---------A 509ms D---------(DD)');
      stage.gives(callsAndSays(one, packets(2)), '^ 2s !').toBe('');
    }),
  );
});

describe('connections of one socket', () => {
  it(
    'are told apart, even if chance gives two the same number',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: LATENCY }, stage.ledger);
      const [one, other] = [utpHost(network, ONE), utpHost(network, TWO)];
      stage.gives(counts(other), '^ 60ms !').toBe('---------------(ab)', { a: '1', b: '2' });
      stage.gives(callsAndSays(one, bytes('a')), '^ 60ms !').toBe('');
      stage.gives(callsAndSays(one, bytes('bb')), '^ 60ms !').toBe('');
    }),
  );

  it(
    'share it with others, who hear nothing of them',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: LATENCY }, stage.ledger);
      const bound = (host: string) => network.at(host).bindUdp({ family: 4, port: 6881 });
      const says = (socket: UdpSocket): void => {
        socket.send(bytes('d1:q4:pinge'), { host: TWO, port: 6881 });
        const syn = { type: 4, id: 1, sentAt: 0, delay: 0, window: 0, sequence: 1, ack: 0 } as const;
        socket.send(encodeUtp(syn), { host: TWO, port: 6881 });
      };
      const other = utpHost(network, TWO);
      stage.gives(counts(other), '^ 30ms !').toBe('');
      const dht$ = other.bindUdp({ family: 4, port: 6881 }).pipe(switchMap(({ datagrams$ }) => datagrams$));
      stage.gives(dht$.pipe(map(({ bytes }) => letterOf(bytes))), '^ 30ms !').toBe('-----x', { x: '?' });
      stage.gives(other.sent$, '^ 30ms !').toBe('-----A');
      stage.gives(bound(ONE).pipe(tap(says), ignoreElements()), '^ 30ms !').toBe('');
      stage.gives(timer(20).pipe(map(() => String(network.sockets))), '^ 30ms !').toBe('20ms (2|)', { 2: '2' });
    }),
  );
});

describe('a host that calls itself', () => {
  it(
    'has two ends that hear each other, so that it is known by its id',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: LATENCY }, stage.ledger);
      const one = utpHost(network, TWO);
      stage
        .gives(
          counts(one, (wire) => wire.write(bytes('no'))),
          '^ 40ms !',
        )
        .toBe('---------------2', { 2: '2' });
      stage.gives(callsAndSays(one, bytes('hi')), '^ 40ms !').toBe('--------------------n', { n: 'no' });
    }),
  );
});

describe('an address that is blocked', () => {
  it(
    'is not answered, and not called',
    drawn((stage) => {
      const network = new DrawnUdp({ latency: LATENCY }, stage.ledger);
      const [one, other] = [utpHost(network, ONE), utpHost(network, TWO)];
      const list = new Blocklist([parseRanges(bytes(`${ONE}/32`)).ranges]);
      const world = { ...stage.world().env, bindUdp: other.bindUdp };
      const nodeOf = ({ bindUdp }: Network): UtpNode => new UtpNode(new SharedSockets(bindUdp), WORLD);
      const above = (below: Network): Network => {
        const node = nodeOf(below);
        return { ...below, listen: listenUtp(node), connect: (address) => node.dial(address) };
      };
      const guarded = blocked(world, list, () => undefined, above);
      stage.gives(one.sent$, '^ 3s !').toBe('S 999ms S');
      stage.gives(other.sent$, '^ 3s !').toBe('');
      const calls$ = guarded.listen({ ports: [6881] }).pipe(
        switchMap((port) => port.calls$),
        map(() => 'c'),
      );
      stage.gives(calls$, '^ 2s !').toBe('');
      stage.gives(callsAndSays(one, bytes('hi')), '^ 2s !').toBe('');
      const dial$ = guarded.connect(at(ONE)).pipe(map(() => 'w'));
      stage.gives(dial$, '^ 2s !').toBe('#', undefined, failed('refused-address'));
    }),
  );
});
