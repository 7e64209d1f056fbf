import { ignoreElements, map, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { announced, corrupts, drawn, hangsUpAfter, type Mark, wrongInfoHash } from '../../marbles/index.ts';
import { fetchPiece } from '../../src/download/fetchPiece.ts';
import type { PeerSource } from '../../src/contracts/network.ts';
import { Funnel } from '../../src/torrent/stats/funnel.ts';
import { peerPriority } from '../../src/torrent/peers/peerPriority.ts';

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

  it('is asked first of those who are nearest by BEP 40, once a tracker has said where it sees us', () => {
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
});
