import { delay, mergeMap, type Observable, of, shareReplay, throwError, timer } from 'rxjs';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import type { UdpEndpoint } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { NodeEndpoint } from '../../src/protocol/encoding/compact.ts';
import { decodeKrpc, type Reply } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { announced, DrawnUdp, HOME, type Mark, type Player, type Stage, type World } from '../index.ts';

export const [MINUTE, HOUR] = [60_000, 3_600_000] as const;

/** Two addresses of the public internet: nodes there tell of no others. */
export const [a, b] = ['203.0.113.5:7000', '198.51.100.7:7000'] as const;

/** The one other node of the DHT. */
export const router: NodeEndpoint = { id: new Uint8Array(20).fill(9), host: '192.0.2.99', port: 6881 };

/** A tracker that knows these peers. */
export const answer = (...peers: readonly string[]) => of(announced(peers)).pipe(delay(5));

/** A tracker that is down. */
export const gone = timer(5).pipe(mergeMap(() => throwError(() => new NetworkError('refused', 'there', 'gone'))));

export const endpoint = (address: string): UdpEndpoint => ({ host: address.split(':')[0] ?? '', port: 7000 });

interface Wire {
  readonly peers: Readonly<Record<string, Player>>;
  readonly tracker?: () => ReturnType<typeof answer> | Observable<never>;
  /** The peer that the one other node of the DHT knows; undefined while the node is silent. */
  readonly knows?: () => readonly string[] | undefined;
}

export interface Scene {
  readonly there: World;
  /** Our node, shared. */
  readonly dht$: Observable<DhtNode>;
  /** When the other node was asked for peers: `g`; told of us: `a`; pinged: `p`. */
  readonly asked: readonly Mark[];
  /** The time and the destination of each datagram sent. */
  readonly sent: readonly Mark[];
}

const LETTERS: Readonly<Record<string, string>> = { get_peers: 'g', announce_peer: 'a', ping: 'p' };

/** A world with a DHT of one node, at which ours begins. */
export const scene = (stage: Stage, { peers, tracker = () => gone, knows = () => [] }: Wire): Scene => {
  const asked: Mark[] = [];
  const sent: Mark[] = [];
  const watch = ({ from }: { readonly from: UdpEndpoint }, to: UdpEndpoint): void => {
    if (from.host !== router.host && HOME.includes(from.host as (typeof HOME)[0]))
      sent.push({ frame: stage.now(), kind: 'value', value: to });
  };
  const udp = new DrawnUdp({ latency: 5, watch }, stage.ledger);
  udp.plays(router, ({ bytes }) => {
    const krpc = decodeKrpc(bytes);
    const known = knows();
    if (krpc.type !== 'query' || known === undefined) return undefined;
    const { method } = krpc.question;
    const letter = LETTERS[method];
    if (letter !== undefined) asked.push({ frame: stage.now(), kind: 'value', value: letter });
    const reply: Reply = { type: 'reply', transaction: krpc.transaction, id: router.id };
    return encodeKrpc(
      method === 'get_peers'
        ? { ...reply, token: Uint8Array.of(1), peers: known.map(endpoint) }
        : { ...reply, nodes: [] },
    );
  });
  const there = stage.world({ peers, tracker, udp });
  const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [router] }).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  return { there, dht$, asked, sent };
};

/** When something happened, in milliseconds. */
export const frames = (marks: readonly Mark[], letter: unknown): readonly number[] =>
  marks.filter(({ value }) => value === letter).map(({ frame }) => frame);
