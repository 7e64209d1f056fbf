import { map, NEVER, of, switchMap, take } from 'rxjs';
import { describe, it } from 'vitest';
import { dhtPeers } from '../../src/discovery/dht/dhtPeers.ts';
import { dhtNode, type DhtNodeOptions } from '../../src/discovery/dht/node.ts';
import type { NodeEndpoint } from '../../src/protocol/encoding/compact.ts';
import { decodeKrpc, type Reply } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { drawn, HOME, type Mark, type Stage } from '../index.ts';

const [home] = HOME;
const HASH = new Uint8Array(20).fill(64);
const ID = new Uint8Array(20).fill(3);
const nodeAt = (n: number, host: string): NodeEndpoint => ({ id: new Uint8Array(20).fill(n), host, port: 6881 });
const router = nodeAt(100, '198.51.100.1');
const near = nodeAt(65, '198.51.65.1');
const peer = { host: '203.0.113.9', port: 999 };
/** What an earlier run knew, of which all are gone: each of another network. */
const dead = Array.from({ length: 300 }, (_, n) => ({
  ...nodeAt(n % 200, `192.${n % 200}.${n}.1`),
  id: ID.map((byte, at) => (at < 2 ? byte ^ (n + at) : n)),
}));

/** A DHT of a bootstrap node and one more that knows a peer, 1 ms away and online from `up` on. */
const scene = (stage: Stage, { up = 0, routed = true }: { readonly up?: number; readonly routed?: boolean } = {}) => {
  const asked: Mark[] = [];
  const { env, udp } = stage.world({
    udp: {
      latency: 1,
      names: { 'router.test': [router.host] },
      watch: ({ bytes, from }, to) => {
        const said = decodeKrpc(bytes);
        const letter = said.type === 'query' && said.question.method === 'find_node' ? 'f' : 'g';
        if (from.host === home && to.host === router.host)
          asked.push({ frame: stage.now(), kind: 'value', value: letter });
      },
    },
  });
  for (const node of [router, near])
    udp.plays(node, ({ bytes }) => {
      const said = decodeKrpc(bytes);
      if (said.type !== 'query' || stage.now() < up) return undefined;
      const reply: Reply = { type: 'reply', transaction: said.transaction, id: node.id, nodes: [router, near] };
      return encodeKrpc(
        said.question.method === 'get_peers' && node === near
          ? { ...reply, token: Uint8Array.of(1), peers: [peer] }
          : reply,
      );
    });
  const world = {
    ...env,
    resolve: (host: string) => (routed || stage.now() >= up ? env.resolve(host) : of([])),
    random: () => 0.5,
  };
  const node$ = (options: Partial<DhtNodeOptions> = {}) =>
    dhtNode(world, { port: 6881, bootstrap: [{ host: 'router.test', port: 6881 }], ...options });
  const peers$ = (options?: Partial<DhtNodeOptions>) =>
    dhtPeers(node$(options), HASH, { wanted$: of(5), port: 7000, random: () => 0.5 }).pipe(
      map(({ port }) => (port === peer.port ? 'p' : '?')),
      take(1),
    );
  return { asked, peers$, node$ };
};

describe('the first nodes that are asked in the DHT', () => {
  it(
    'three hundred dead nodes of an earlier run delay the bootstrap nodes by 5 s, and are left alone when these answer',
    drawn((stage) => {
      const { asked, peers$ } = scene(stage);
      stage.gives(peers$({ saved: { id: ID, nodes: dead } })).toBe('5008ms (p|)');
      stage.happens(asked).toBe('                                  5s f-f---g');
    }),
  );

  it(
    'a bootstrap node that begins to answer within the first seconds is used at once',
    drawn((stage) => {
      const { asked, peers$ } = scene(stage, { up: 2_000 });
      stage.gives(peers$()).toBe('3008ms (p|)');
      stage.happens(asked).toBe('    f 2999ms f-f---g');
    }),
  );

  it(
    'a network that comes up after us is joined soon, and peers are looked up at once, despite an earlier vain lookup',
    drawn((stage) => {
      const { peers$ } = scene(stage, { up: 20_000 });
      stage.gives(peers$()).toBe('21006ms (p|)');
    }),
  );

  it(
    'so it is when names lead nowhere at first, and with nodes of an earlier run that are dead',
    drawn((stage) => {
      const { peers$ } = scene(stage, { up: 20_000, routed: false });
      stage.gives(peers$({ saved: { id: ID, nodes: dead } })).toBe('20008ms (p|)');
    }),
  );

  it(
    'a machine that stays offline asks every half minute at most',
    drawn((stage) => {
      const { asked, node$ } = scene(stage, { up: Infinity });
      stage.gives(node$().pipe(switchMap(({ joined$ = NEVER }) => joined$)), '^ 150s !').toBe('-');
      const thrice = 'f 2999ms f 2999ms f';
      stage.happens(asked).toBe(`${thrice} 14999ms ${thrice} 19999ms ${thrice} 29999ms ${thrice} 39999ms ${thrice}`);
    }),
  );
});
