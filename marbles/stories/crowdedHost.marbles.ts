import { map, merge, NEVER } from 'rxjs';
import { describe, it } from 'vitest';
import { swarm } from '../../operators/swarm.ts';
import type { PeerAddress } from '../../src/env.ts';
import { AddressBook } from '../../src/torrent/addressBook.ts';
import { drawn, type Mark } from '../index.ts';

const addressOf = (host: string, port: number): PeerAddress => ({ host, port, source: 'tracker' });

describe('a swarm', () => {
  it(
    'wants more while nobody waits but one of a host where it has three connections already',
    drawn((stage) => {
      const dials: Mark[] = [];
      const wants: Mark[] = [];
      const note = (marks: Mark[], value: unknown): void => void marks.push({ frame: stage.now(), kind: 'value', value });
      const session = ({ port }: PeerAddress) => {
        note(dials, port);
        return NEVER;
      };
      const wanted = { next: (count: number) => note(wants, count) };
      const peers$ = stage.cold('(1234)').pipe(map((port) => addressOf('8.8.8.8', Number(port))));
      stage.gives(merge(peers$, NEVER).pipe(swarm(session, { book: new AddressBook(), maxPeers: 9, enough: 5, wanted })), '^------!').toBe('-');
      stage.happens(dials).toBe('(123)');
      stage.happens(wants).toBe('(5432)');
    }),
  );
});
