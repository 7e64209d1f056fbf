import { concat, defer, filter, ignoreElements, map, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  announced,
  corrupts,
  drawn,
  honest,
  hangsUpAfter,
  type Mark,
  type Player,
  stallsAfter,
  wrongInfoHash,
} from '../../marbles/index.ts';
import { fetchPiece } from '../../src/download/fetchPiece.ts';
import type { PeerSource } from '../../src/contracts/network.ts';
import { defaultPace } from '../../src/discovery/pace.ts';
import { Funnel } from '../../src/torrent/stats/funnel.ts';
import { peerPriority } from '../../src/torrent/peers/peerPriority.ts';

/** Never unchokes anybody. */
const slow: Player = (heard$, cast) =>
  honest()(heard$, cast).pipe(filter((said) => 'type' in said && said.type !== 'unchoke'));

describe('one piece', () => {
  const us = { host: '203.0.113.7', port: 6881 };
  const addresses = ['8.8.1.1', '9.9.2.2', '7.7.3.3', '6.6.4.4', '5.5.5.5'].map((host) => ({ host, port: 7000 }));

  /** In which order peers of another torrent are dialled, one at a time, if the tracker's answer ends so. */
  const dialled = (rest: string): string => {
    let dials: readonly Mark[] = [];
    const names = addresses.map(({ host, port }) => `${host}:${port}`);
    drawn((stage) => {
      const there = stage.world({
        peers: Object.fromEntries(names.map((name) => [name, wrongInfoHash()])),
        tracker: ({ url }) =>
          timer(5).pipe(
            map(() => announced(names, 1800, url)),
            map((reply) => ({
              ...reply,
              body: Buffer.concat([Buffer.from('d'), Buffer.from(rest, 'latin1'), reply.body.subarray(1)]),
            })),
          ),
      });
      dials = there.dials;
      const options = { pex: false, port: us.port, maxPeers: 1, report: () => {}, funnel: new Funnel<PeerSource>() };
      stage.gives(fetchPiece(stage.torrent, there.env, 0, options).pipe(ignoreElements()), '^ 5s !').toBe('-');
    })();
    return dials.map(({ value }) => value).join('');
  };

  it('is asked first of the peers that are nearest by BEP 40, once a tracker has said where it sees us', () => {
    const near = [...addresses.keys()].sort(
      (a, b) => (peerPriority(us, addresses[b]!) ?? 0) - (peerPriority(us, addresses[a]!) ?? 0),
    );
    const nearest = near.map((index) => 'abcde'[index]).join('');
    expect(nearest).not.toBe('abcde');
    expect(dialled('')).toBe('abcde');
    expect(dialled('11:external ip4:\xcb\x00\x71\x07')).toBe(nearest);
  });

  it(
    'is waited for no longer when the last one has hung up before its lie was found',
    drawn((stage) => {
      const there = stage.world({ peers: { '7.7.7.7:7000': hangsUpAfter(2, corrupts()) }, hashing: 50 });
      const peers = [{ host: '7.7.7.7', port: 7000, source: 'manual' }] as const;
      const options = {
        pex: false,
        port: us.port,
        maxPeers: 1,
        report: () => {},
        funnel: new Funnel<PeerSource>(),
        trackers: [],
        peers,
      };
      stage.gives(fetchPiece(stage.torrent, there.env, 0, options)).toBe('66ms |');
    }),
  );

  const asks = (addresses: readonly string[], maxPeers = 10) => ({
    trackers: [],
    maxPeers,
    peers: addresses.map((each) => ({
      host: each.split(':')[0]!,
      port: Number(each.split(':')[1]),
      source: 'manual' as const,
    })),
  });

  it(
    'is asked of a peer once, whatever its addresses are: of two connections with it one is closed',
    drawn((stage) => {
      const [here, there] = ['7.7.7.7:7000', '6.6.6.6:7000'];
      const one: Player = (heard$, cast) => stallsAfter(0)(heard$, { ...cast, id: new Uint8Array(20).fill(1) });
      const world = stage.world({ peers: { [here]: one, [there]: one } });
      stage.gives(fetchPiece(stage.torrent, world.env, 0, asks([here, there])), '^ 1s !').toBe('-');
      stage.happens(world.dials).toBe('(ab)');
      stage.happens(world.hangups).toBe('------b 992ms --a');
    }),
  );

  it(
    'is asked of another peer when it was wrong',
    drawn((stage) => {
      const [liar, late] = ['7.7.7.7:7000', '6.6.6.6:7000'];
      const world = stage.world({ peers: { [liar]: corrupts(), [late]: honest({ latency: 100 }) } });
      const piece$ = fetchPiece(stage.torrent, world.env, 0, asks([liar, late]));
      const senders$ = piece$.pipe(map(({ from }) => from.map(({ host }) => host).join()));
      stage.gives(senders$).toBe('302ms (p|)', { p: '6.6.6.6' });
      stage.happens(world.hangups).toBe('17ms a 284ms b');
    }),
  );

  it(
    'has a funnel that says what became of those at the host of a liar',
    drawn((stage) => {
      const funnel = new Funnel<PeerSource>();
      const world = stage.world({ peers: { '7.7.7.7:7000': corrupts() } });
      const piece$ = fetchPiece(stage.torrent, world.env, 0, { ...asks(['7.7.7.7:7000', '7.7.7.7:7001'], 1), funnel });
      stage
        .gives(
          concat(
            piece$,
            defer(() => of(funnel.rows[0]!.lost)),
          ),
        )
        .toBe('17ms (f|)', {
          f: { corrupt: 1, banned: 1 },
        });
    }),
  );

  it('has sources that are asked for more only while fewer peers than enough are there', () => {
    const announces = (enough: number): number => {
      let told: readonly Mark[] = [];
      drawn((stage) => {
        const world = stage.world({ peers: { '7.7.7.7:7000': slow } });
        const pace = { ...defaultPace, enough };
        stage.gives(fetchPiece(stage.torrent, world.env, 0, { maxPeers: 5, pace }), '^ 5m !').toBe('-');
        told = world.announces;
      })();
      return told.filter(({ value }) => value !== 'x').length;
    };
    expect(announces(1)).toBeLessThan(announces(5));
  });
});
