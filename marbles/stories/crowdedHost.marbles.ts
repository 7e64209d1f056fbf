import { filter, map, merge, NEVER } from 'rxjs';
import { describe, it } from 'vitest';
import { swarm } from '../../operators/swarm.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import { drawn, honest, type Mark, type Player, silent } from '../index.ts';
import { downloaded } from './scene.ts';

const addressOf = (host: string, port: number): PeerAddress => ({ host, port, source: 'tracker' });

describe('a swarm', () => {
  it(
    'wants more while nobody waits but one of a host where it has three connections already',
    drawn((stage) => {
      const dials: Mark[] = [];
      const wants: Mark[] = [];
      const note = (marks: Mark[], value: unknown): void =>
        void marks.push({ frame: stage.now(), kind: 'value', value });
      const session = ({ port }: PeerAddress) => {
        note(dials, port);
        return NEVER;
      };
      const wanted = { next: (count: number) => note(wants, count) };
      const peers$ = stage.cold('(1234)').pipe(map((port) => addressOf('8.8.8.8', Number(port))));
      stage
        .gives(
          merge(peers$, NEVER).pipe(swarm(session, { book: new AddressBook(), maxPeers: 9, enough: 5, wanted })),
          '^------!',
        )
        .toBe('-');
      stage.happens(dials).toBe('(123)');
      stage.happens(wants).toBe('(5432)');
    }),
  );
});

describe('five peers behind one address', () => {
  const name = (port: number): string => `8.8.8.8:${port}`;
  /** Several peers: each has an id of its own. */
  const each = (player: (port: number) => Player): Record<string, Player> =>
    Object.fromEntries(
      [1, 2, 3, 4, 5].map((port) => [
        name(port),
        (heard$, cast) => player(port)(heard$, { ...cast, id: new Uint8Array(20).fill(port) }),
      ]),
    );
  const fifths = (pace: number): Record<string, Player> => each((port) => honest({ pace, has: [port - 1] }));

  it(
    'are all asked: the fourth and the fifth when the three that are connected have nothing more for us',
    drawn(
      (stage) => {
        const there = stage.world({ peers: fifths(100) });
        const stored$ = downloaded(stage, there).pipe(filter(({ type }) => type === 'stored'));
        // 2 s after their handshakes it is plain that they have no more pieces than they have sent.
        stage.gives(stored$).toBe('226ms (sss) 2995ms (ss)|');
        stage.happens(there.dials).toBe('8ms (abc) 2995ms (de)');
      },
      { torrent: { pieces: 5 } },
    ),
  );

  it(
    'are all dialled at once when the user names them',
    drawn(
      (stage) => {
        const there = stage.world({ peers: fifths(100) });
        const peers = [1, 2, 3, 4, 5].map((port): PeerAddress => ({ ...addressOf('8.8.8.8', port), source: 'manual' }));
        stage
          .gives(downloaded(stage, there, { trackers: [], peers }).pipe(filter(({ type }) => type === 'done')))
          .toBe('222ms ---(d|)');
        stage.happens(there.dials).toBe('---(abcde)');
      },
      { torrent: { pieces: 5 } },
    ),
  );

  it(
    'are still three at once when the connected ones are silent, or have what we lack',
    drawn(
      (stage) => {
        const there = stage.world({ peers: each(silent) });
        stage.gives(downloaded(stage, there).pipe(filter(({ type }) => type === 'stored')), '^ 9s !').toBe('-');
        stage.happens(there.dials).toBe('--------(abc)');
      },
      { torrent: { pieces: 5 } },
    ),
  );
});
