import { EMPTY, ignoreElements, map, merge, mergeMap, NEVER, type Observable, switchMap, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { type DhtNode, dhtNode, type DhtNodeOptions } from '../src/discovery/dht/node.ts';
import type { Endpoint, NodeEndpoint } from '../src/protocol/encoding/compact.ts';
import { decodeKrpc, type Krpc, type Reply } from '../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../src/protocol/dht/encodeKrpc.ts';
import { drawn, HOME, type Mark, type Stage, type UdpNetworkOptions } from './index.ts';

const [home] = HOME;
const US = { host: home, port: 6881 };
/** Four nodes, one of each quarter of all ids. */
const nodes = [0, 1, 2, 3].map(
  (n): NodeEndpoint => ({ id: new Uint8Array(20).fill(n * 64 + 9), host: `198.51.${n}.1`, port: 6881 }),
);
const [a, b, c, d] = nodes as [NodeEndpoint, NodeEndpoint, NodeEndpoint, NodeEndpoint];
const HASH = new Uint8Array(20).fill(64);

/** What is said, in letters: `p` ping, `f` find_node, `g` get_peers, `a` announce_peer, `r` a reply, `e` an error. */
const LETTERS: Readonly<Record<string, string>> = {
  ping: 'p',
  find_node: 'f',
  get_peers: 'g',
  announce_peer: 'a',
  reply: 'r',
  error: 'e',
};
const letterOf = (krpc: Krpc): string => LETTERS[krpc.type === 'query' ? krpc.question.method : krpc.type] ?? '?';

/** A world with these nodes in it, each 1 ms away, and what we said to each. */
const scene = (
  stage: Stage,
  present: readonly NodeEndpoint[],
  peers: readonly Endpoint[] = [],
  refuses: UdpNetworkOptions['refuses'] = () => undefined,
) => {
  const lanes = new Map(nodes.map(({ host }): [string, Mark[]] => [host, []]));
  const watch = ({ bytes, from }: { readonly bytes: Uint8Array; readonly from: Endpoint }, to: Endpoint): void => {
    if (from.host === home)
      lanes.get(to.host)?.push({ frame: stage.now(), kind: 'value', value: letterOf(decodeKrpc(bytes)) });
  };
  const { env, udp } = stage.world({ udp: { latency: 1, watch, refuses, names: { 'router.test': [a.host] } } });
  for (const node of present)
    udp.plays(node, ({ bytes }) => {
      const asked = decodeKrpc(bytes);
      if (asked.type !== 'query') return undefined;
      const reply: Reply = { type: 'reply', transaction: asked.transaction, id: node.id };
      const { method } = asked.question;
      if (method === 'find_node') return encodeKrpc({ ...reply, nodes: present });
      return encodeKrpc(method === 'get_peers' ? { ...reply, nodes: present, token: Uint8Array.of(1), peers } : reply);
    });
  const node$ = (options: Partial<DhtNodeOptions> = {}): Observable<DhtNode> =>
    dhtNode(
      { ...env, resolve: (host) => (host === 'silent.test' ? NEVER : env.resolve(host)), random: () => 0.5 },
      { port: 6881, bootstrap: [{ host: 'router.test', port: 6881 }], ...options },
    );
  /** A node at an address sends us something, and gets what we send. */
  const says = (at: Endpoint, krpc: Krpc) =>
    udp
      .at(at.host)
      .bindUdp({ family: 4, port: at.port })
      .pipe(
        tap((socket) => socket.send(encodeKrpc(krpc), US)),
        switchMap((socket) => socket.datagrams$),
        mergeMap(({ bytes }) => letterOf(decodeKrpc(bytes))),
      );
  const to = (node: NodeEndpoint): readonly Mark[] => lanes.get(node.host) ?? [];
  return { node$, says, to };
};

/** `w` for each warning that the DHT has nowhere to begin. */
const warnings = (node$: Observable<DhtNode>): Observable<string> =>
  node$.pipe(
    switchMap(({ warnings$ = EMPTY }) => warnings$),
    map(({ code }) => (code === 'dht-bootstrap' ? 'w' : code)),
  );

const quiet = (node$: Observable<DhtNode>) => node$.pipe(ignoreElements());
const transaction = Uint8Array.of(1, 2);
const stranger = { host: '203.0.113.9', port: 999 };

describe('dhtNode', () => {
  it(
    'asks a bootstrap node, then two of those that it names, and the others when these are there',
    drawn((stage) => {
      const { node$, to } = scene(stage, [a, b, c, d]);
      stage.gives(quiet(node$()), '^--------!').toBe('-');
      stage.happens(to(a)).toBe('  f-f');
      stage.happens(to(b)).toBe('  ------f');
      stage.happens(to(c)).toBe('  ----f');
      stage.happens(to(d)).toBe('  ----f');
    }),
  );

  it(
    'asks the next one at once when the system says that no way leads to one, and thinks no worse of that one',
    drawn((stage) => {
      const off = (to: Endpoint): string | undefined =>
        to.host === b.host && stage.now() < 100 ? 'no route to this host' : undefined;
      const { node$, to } = scene(stage, [a, b, c, d], [], off);
      const all$ = node$().pipe(switchMap((node) => timer(0, 60).pipe(map(() => node.nodes().nodes.length))));
      stage.gives(all$, '^ 61ms !').toBe('0 59ms 3', { 0: 0, 3: 3 });
      stage.happens(to(c)).toBe('----f');
    }),
  );

  it(
    'begins with what it knew, and asks no bootstrap node if that is enough',
    drawn((stage) => {
      const others = [5, 6, 7, 8].map(
        (n): NodeEndpoint => ({ id: new Uint8Array(20).fill(n), host: `198.51.${n}.1`, port: 6881 }),
      );
      const { node$, to } = scene(stage, [
        b,
        c,
        d,
        ...others,
        { ...b, id: new Uint8Array(20).fill(200), host: '198.51.9.1' },
      ]);
      stage.gives(quiet(node$({ saved: { id: new Uint8Array(20).fill(3), nodes: [b, c] } })), '^--------!').toBe('-');
      stage.happens(to(a)).toBe('  -');
      stage.happens(to(b)).toBe('  f');
      stage.happens(to(c)).toBe('  f');
    }),
  );

  it(
    'waits for bootstrap nodes that are gone for 1.5 s only, when another one has answered',
    drawn((stage) => {
      const { node$, to } = scene(stage, [a, b]);
      const bootstrap = [c, a, d].map(({ host, port }) => ({ host, port }));
      stage.gives(node$({ bootstrap }).pipe(switchMap((node) => node.getPeers(HASH))), '^ 2s !').toBe('-');
      stage.happens(to(c)).toBe('  f');
      stage.happens(to(a)).toBe('  f 1501ms f---g');
      stage.happens(to(b)).toBe('  1504ms f-g');
    }),
  );

  it(
    'does not wait for them at all when a node it knew has answered',
    drawn((stage) => {
      const { node$, to } = scene(stage, [b]);
      const found$ = node$({ saved: { id: new Uint8Array(20).fill(3), nodes: [b] } }).pipe(
        switchMap((node) => node.getPeers(HASH)),
      );
      stage.gives(found$, '^ 2s !').toBe('-');
      stage.happens(to(b)).toBe('  f-g');
    }),
  );

  it(
    'asks three times without an answer, and tries again after 5 s, then 10 s, then longer',
    drawn((stage) => {
      const { node$, to } = scene(stage, []);
      stage.gives(quiet(node$()), '^ 100s !').toBe('-');
      stage
        .happens(to(a))
        .toBe(
          '  f 2999ms f 2999ms f 14999ms f 2999ms f 2999ms f 19999ms f 2999ms f 2999ms f 29999ms f 2999ms f 2999ms f',
        );
    }),
  );

  it(
    'says once that none of its names leads anywhere, however often it tries',
    drawn((stage) => {
      const { node$ } = scene(stage, []);
      const bootstrap = ['one.test', 'other.test'].map((host) => ({ host, port: 6881 }));
      stage.gives(warnings(node$({ bootstrap })), '^ 100s !').toBe('w');
    }),
  );

  it(
    'warns after 4 s when no name leads anywhere, but not if it knows a node that answers, or one name leads somewhere',
    drawn((stage) => {
      const { node$ } = scene(stage, [b]);
      const bootstrap = [{ host: 'silent.test', port: 6881 }];
      stage.gives(warnings(node$({ bootstrap })), '^ 10s !').toBe('4s w');
      stage
        .gives(warnings(node$({ bootstrap, saved: { id: new Uint8Array(20).fill(3), nodes: [b] } })), '^ 10s !')
        .toBe('-');
      stage
        .gives(warnings(node$({ bootstrap: [...bootstrap, { host: 'router.test', port: 6881 }] })), '^ 10s !')
        .toBe('-');
    }),
  );

  it(
    'looks for peers as soon as it has joined, and announces us to nodes that gave a token',
    drawn((stage) => {
      const peers = [stranger];
      const { node$, to } = scene(stage, [a, b, c, d], peers);
      const found$ = node$().pipe(switchMap((node) => node.announce(HASH, 7000)));
      stage.gives(found$, '^------------!').toBe('----------p', { p: stranger });
      stage.happens(to(b)).toBe('                ------f-g-a');
    }),
  );

  it(
    'answers queries, pings senders that may be nodes, and refuses unknown queries',
    drawn((stage) => {
      const { node$, says } = scene(stage, []);
      const ping = {
        type: 'query',
        transaction,
        id: new Uint8Array(20).fill(1),
        question: { method: 'ping' },
      } as const;
      stage.gives(quiet(node$({ bootstrap: [] })), '^--------!').toBe('-');
      stage.gives(says(stranger, ping), '           -^------!').toBe('---(rp)');
      const bad = {
        ...ping,
        readOnly: true,
        question: { method: 'announce_peer', infoHash: HASH, port: 1, impliedPort: false, token: transaction },
      } as const;
      stage.gives(says({ ...stranger, port: 1 }, bad), '-^------!').toBe('---e');
    }),
  );

  it(
    'adds a node to the table when it is told of it',
    drawn((stage) => {
      const { node$, to } = scene(stage, [a]);
      const told$ = node$({ bootstrap: [] }).pipe(
        switchMap((node) => merge(node.addNode(a), timer(4).pipe(mergeMap(() => [node.stats().nodes])))),
      );
      stage.gives(told$, '^-----!').toBe('----1', { 1: 1 });
      stage.happens(to(a)).toBe('        p');
    }),
  );

  it(
    'ends a lookup that is unsubscribed, and everything when the node is',
    drawn((stage) => {
      const { node$, to } = scene(stage, [a, b, c, d]);
      stage.gives(node$().pipe(switchMap((node) => node.getPeers(HASH))), '^---------!').toBe('-');
      stage.happens(to(b)).toBe('  ------f-g');
    }),
  );
});
