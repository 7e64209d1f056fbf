import { concat, filter, map, mergeMap, NEVER, type Observable, of, take } from 'rxjs';
import { describe, it } from 'vitest';
import type { Choking, DownloadEvent, PieceOutcome } from '../../src/contracts/events.ts';
import { drawn, type Player, type Said } from '../index.ts';
import { ends, line, shares } from './line.ts';

/** The blocks that are stored, by their numbers. */
const stored = (events$: Observable<DownloadEvent>): Observable<string> =>
  events$.pipe(
    filter((event): event is PieceOutcome => event.type === 'stored'),
    map(({ index }) => String(index + 1)),
  );

/** Wants all and has nothing. */
const taker: Player = (heard$, { torrent, id }) =>
  concat(
    heard$.pipe(
      take(1),
      mergeMap(() =>
        of<Said[]>(
          {
            type: 'handshake',
            infoHash: torrent.infoHash,
            peerId: id,
            reserved: new Uint8Array(8),
            extended: false,
            dht: false,
            fast: false,
          },
          { type: 'interested' },
        ),
      ),
    ),
    NEVER,
  );

describe('two leechers', () => {
  it(
    'that have half each send it to each other',
    drawn(
      (stage) => {
        const [one, other] = [stage.world({ disk: { has: [0, 2] } }), stage.world({ disk: { has: [1, 3] }, seed: 2 })];
        const [toOther, toOne] = line(stage, '10.1.0.1', '10.1.0.2');
        const says = '      -----h----(EB)-I----(AAU)(RR)--31-----H(HE) 9967ms N';
        const answers = '   -----h----(EB)-I----(AAU)(RR)--42-----H(HE) 9967ms N';
        const gets = '      --------------------------------------42';
        const othersGets = '--------------------------------------31';
        const end = '       ----------------------------------------d 15964ms s--|';
        const [one$, other$] = [
          shares(stage, one, { peers: [toOther.address] }),
          shares(stage, other, { peers: [toOne.address] }),
        ];
        stage.sends(toOther).toBe(says);
        stage.sends(toOne).toBe(answers);
        stage.gives(stored(one$)).toBe(`${gets} 15968ms |`);
        stage.gives(stored(other$)).toBe(`${othersGets} 15968ms |`);
        for (const each$ of [one$, other$]) stage.gives(ends(each$)).toBe(end, { d: 'd', s: ['idle', 0.5] });
      },
      { torrent: { pieces: 4, blocksPerPiece: 1 } },
    ),
  );

  it(
    'serve each other as long as they give, before peers that only take',
    drawn(
      (stage) => {
        const half = (rest: number): number[] => Array.from({ length: 45 }, (_, n) => 2 * n + rest);
        const takers = { '10.1.0.8:7000': taker, '10.1.0.9:7000': taker };
        const [one, other] = [
          stage.world({ disk: { has: half(0) }, peers: takers }),
          stage.world({ disk: { has: half(1) }, seed: 2 }),
        ];
        const [toOther, toOne] = line(stage, '10.1.0.1', '10.1.0.2');
        const people = [8, 9].map((n) => ({ host: `10.1.0.${n}`, port: 7000, source: 'manual' as const }));
        const limits = { up: of(16_384) };
        const one$ = shares(stage, one, { peers: [...people, toOther.address], slots: 2, limits });
        const other$ = shares(stage, other, { peers: [toOne.address], limits });
        const choking$ = one$.pipe(
          filter((event): event is Choking => event.type === 'choke' || event.type === 'unchoke'),
          map(({ type, address: { host }, reason }) => `${type} ${host} ${reason}`),
        );
        stage.gives(choking$).toBe('50ms (ab) 9996ms (cd) 29996ms (ef) 29998ms |', {
          a: 'unchoke 10.1.0.8 free-slot',
          b: 'unchoke 10.1.0.9 free-slot',
          // It has given from the beginning, though it got nothing.
          c: 'choke 10.1.0.8 outbid',
          d: 'unchoke 10.1.0.2 gives',
          e: 'choke 10.1.0.9 turn-over',
          f: 'unchoke 10.1.0.8 optimistic',
        });
        stage.gives(ends(one$)).toBe('44309ms d 25739ms s--|', { d: 'd', s: ['idle', 0.5] });
        stage.gives(ends(other$)).toBe('54069ms d 15979ms s--|', { d: 'd', s: ['idle', 0.5] });
      },
      { torrent: { pieces: 90, blocksPerPiece: 1 } },
    ),
  );
});
