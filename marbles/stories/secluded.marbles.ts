import { delay, filter, map, merge, of, share, shareReplay, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { dhtNode } from '../../src/discovery/dht/node.ts';
import { download } from '../../src/download/download.ts';
import type { UdpEndpoint } from '../../src/contracts/network.ts';
import type { NodeEndpoint } from '../../src/protocol/encoding/compact.ts';
import { decodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { decodeKrpc } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { LSD_PORT } from '../../src/protocol/lan/lsd.ts';
import { encodePex } from '../../src/protocol/peer/utPex.ts';
import { announced, drawn, DrawnUdp, HOME, honest, type Player, type Said, stallsAfter } from '../index.ts';
import { linkTo, tellsMetadata, torrentWithInfo } from './magnetScene.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'] as const;
const router: NodeEndpoint = { id: new Uint8Array(20).fill(9), host: '192.0.2.99', port: 6881 };
const MINUTE = 60_000;

/** Tells of another peer, a minute after its handshake. */
const tellsOfPeers =
  (player: Player): Player =>
  (heard$, cast) => {
    const words$ = heard$.pipe(share());
    const told$ = words$.pipe(
      filter((word) => word.type === 'extended' && word.id === 0),
      // Lent bytes: read at once.
      map(
        (word) =>
          (word.type === 'extended' ? decodeExtensionHandshake(word.payload).ids.get('ut_pex') : undefined) ?? 0,
      ),
      filter((id) => id > 0),
      delay(MINUTE),
      map(
        (id): Said => ({
          type: 'extended',
          id,
          payload: encodePex({ added: [{ host: '10.1.0.2', port: 7000, flags: 0 }], dropped: [] }),
        }),
      ),
    );
    return merge(told$, player(words$, cast));
  };

describe('a magnet link that turns out to lead to a private torrent', () => {
  it.each([
    ['', true, { d: false, l: false, b: false }],
    [', unlike any other', false, { d: true, l: true, b: true }],
  ])('is known to trackers only from then on%s', (_, isPrivate, later) => {
    const torrent = torrentWithInfo({ private: isPrivate });
    drawn(
      (stage) => {
        const sent: { readonly frame: number; readonly to: UdpEndpoint }[] = [];
        const watch = ({ from: { host } }: { readonly from: UdpEndpoint }, to: UdpEndpoint): void => {
          if (HOME.includes(host as (typeof HOME)[0])) sent.push({ frame: stage.now(), to });
        };
        const udp = new DrawnUdp({ latency: 5, watch }, stage.ledger);
        udp.plays(router, ({ bytes }) => {
          const krpc = decodeKrpc(bytes);
          if (krpc.type !== 'query') return undefined;
          const reply = { type: 'reply', transaction: krpc.transaction, id: router.id } as const;
          return encodeKrpc(
            krpc.question.method === 'get_peers' ? { ...reply, token: Uint8Array.of(1) } : { ...reply, nodes: [] },
          );
        });
        const there = stage.world({
          udp,
          peers: {
            [a]: tellsOfPeers(tellsMetadata(stallsAfter(0), { after: 50 })),
            [b]: tellsMetadata(stallsAfter(0)),
          },
          tracker: () => of(announced([a])).pipe(delay(5)),
        });
        const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [router] }).pipe(
          shareReplay({ bufferSize: 1, refCount: true }),
        );
        let knownAt = Infinity;
        const events$ = download(linkTo(torrent), there.env, {
          target: { folder: '.' },
          dht$,
          lsd: true,
          listens: true,
        }).pipe(tap(({ type }) => type === 'metadata' && (knownAt = stage.now())));
        stage.watch(events$, '^ 30m !');
        const told = (): unknown => {
          const to = (port: number, before: boolean) =>
            sent.some(({ frame, to: { port: at } }) => at === port && frame <= knownAt === before);
          expect([knownAt < 1000, to(router.port, true), to(LSD_PORT, true)]).toEqual([true, true, true]);
          return {
            d: to(router.port, false),
            l: to(LSD_PORT, false),
            b: there.dials.some(({ value }) => value === 'b'),
          };
        };
        stage.gives(stage.cold('29m x').pipe(map(told))).toBe('29m t', { t: later });
      },
      { torrent },
    )();
  });

  it.each([
    ['', true, { hungUp: ['b'], asked: ['a', 'c'] }],
    [', unlike any other', false, { hungUp: [], asked: ['a', 'b', 'c'] }],
  ])('parts from those whom no tracker has named, though they have told what it is%s', (_, isPrivate, then) => {
    const torrent = torrentWithInfo({ private: isPrivate });
    const [ours, theirs, both] = ['203.0.113.1:7000', '203.0.113.2:7000', '203.0.113.3:7000'] as const;
    drawn(
      (stage) => {
        const udp = new DrawnUdp({ latency: 5 }, stage.ledger);
        udp.plays(router, ({ bytes }) => {
          const krpc = decodeKrpc(bytes);
          if (krpc.type !== 'query') return undefined;
          const peers = [theirs, both].map((each) => ({ host: each.slice(0, -5), port: 7000 }));
          const reply = { type: 'reply', transaction: krpc.transaction, id: router.id, nodes: [] } as const;
          return encodeKrpc(
            krpc.question.method === 'get_peers' ? { ...reply, token: Uint8Array.of(1), peers } : reply,
          );
        });
        const asked = new Set<string>();
        const notes =
          (name: string, player: Player): Player =>
          (heard$, cast) =>
            player(heard$.pipe(tap(({ type }) => type === 'request' && asked.add(name))), cast);
        const has = (name: string, pieces: readonly number[], after: number) =>
          notes(name, tellsMetadata(stallsAfter(0, honest({ has: pieces })), { after }));
        const there = stage.world({
          udp,
          // Only one of them has told of the metadata when it is there.
          peers: { [ours]: has('a', [0], 5000), [theirs]: has('b', [0, 1], 500), [both]: has('c', [1], 5000) },
          tracker: () => of(announced([ours, both])).pipe(delay(300)),
        });
        const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [router] }).pipe(
          shareReplay({ bufferSize: 1, refCount: true }),
        );
        stage.watch(download(linkTo(torrent), there.env, { target: { folder: '.' }, dht$ }), '^ 2m !');
        const told = () => ({ hungUp: there.hangups.map(({ value }) => value), asked: [...asked].sort() });
        stage.gives(stage.cold('9s x').pipe(map(told))).toBe('9s t', { t: then });
      },
      { torrent },
    )();
  });
});
