import { concat, map, NEVER, type Observable, of, throwError, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { serveBlocks, type Shelf } from '../operators/serveBlocks.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError, StorageError } from '../src/contracts/errors.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { drawn, type Stage } from './index.ts';
import { blockBytes } from './torrent.ts';
import { unchoked, requests } from './stories/serveScene.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);

const unexpected = { name: 'PeerError', code: 'unexpected' };

interface Drawer extends Shelf {
  /** Offset and length of what was read. */
  readonly reads: string[];
}

/** What is on disk: all but the pieces that are lost, each read in `takes` ms. */
const shelf = (
  { geometry }: Stage,
  { takes = 1, without = [] }: { readonly takes?: number; readonly without?: readonly number[] } = {},
): Drawer => {
  const reads: string[] = [];
  const read = (index: number, begin: number, into: Uint8Array): boolean => {
    reads.push(`${index}:${begin / 16_384}+${into.length / 16_384}`);
    into.set(blockBytes(geometry, index, begin, into.length));
    return true;
  };
  return {
    reads,
    has: (index) => !without.includes(index),
    read: (...what) => timer(takes).pipe(map(() => read(...what))),
  };
};

const wrong = (message: Message, change: object): Message => ({ ...message, ...change });

describe('serveBlocks', () => {
  it(
    'answers in the order of the requests, each with its bytes',
    drawn((stage) => {
      const they = unchoked(stage.peer('-b--d-a---|', requests(stage)));
      const writes = '                  --2--4-1';
      const result = '                  ----------|';
      stage.gives(of(they).pipe(serveBlocks(shelf(stage), stage.geometry))).toBe(result);
      stage.sends(they).toBe(writes);
      stage.sends(they).toBe(writes, { 1: stage.words.block(1), 2: stage.words.block(2), 4: stage.words.block(4) });
    }),
  );

  it(
    'reads ahead for a peer that requests in order, and reads once for all requests of one chunk',
    drawn(
      (stage) => {
        const they = unchoked(stage.peer('-(abcd)----e-----g', requests(stage)));
        const writes = '                  --(1234)---5-----7';
        const disk = shelf(stage);
        stage.gives(open(they).pipe(serveBlocks(disk, stage.geometry)), '^ 1s !').toBe('-');
        stage.sends(they).toBe(writes);
        stage
          .gives(stage.cold('-------------------- (r|)', {}).pipe(map(() => disk.reads)))
          .toBe('-------------------- (r|)', { r: ['0:0+8'] });
      },
      { torrent: { pieces: 1, blocksPerPiece: 8 } },
    ),
  );

  it(
    'does not send what was cancelled in time',
    drawn((stage) => {
      const they = unchoked(stage.peer('-aA-----cC--|', requests(stage), { fast: true }));
      const writes = '                  --J------J';
      stage.gives(of(they).pipe(serveBlocks(shelf(stage, { takes: 3 }), stage.geometry))).toBe('------------|');
      stage.sends(they).toBe(writes);
    }),
  );

  it(
    'waits until they have read what was written',
    drawn((stage) => {
      const they = unchoked(stage.peer('-a--b-c-d---', requests(stage), { buffer: '-f-------d' }));
      const writes = '                  --1------2(34)';
      stage.gives(open(they).pipe(serveBlocks(shelf(stage), stage.geometry)), '^ 1s !').toBe('-');
      stage.sends(they).toBe(writes);
    }),
  );

  it.each<[string, (stage: Stage) => Message]>([
    ['out of range', ({ words }) => wrong(words.request(1), { piece: 2 })],
    ['of a piece beyond all numbers', ({ words }) => wrong(words.request(1), { piece: 2 ** 32 - 1 })],
    ['beyond the end of the piece', ({ words }) => wrong(words.request(2), { begin: 16_385 })],
    ['beyond the end of the last piece', ({ words }) => wrong(words.request(4), { length: 16_384 })],
    ['of nothing', ({ words }) => wrong(words.request(1), { length: 0 })],
    ['of more than 128 KiB', ({ words }) => wrong(words.request(1), { length: 131_073 })],
    ['of a number that is no length', ({ words }) => wrong(words.request(1), { length: 2 ** 32 - 1 })],
    ['of what is not stored', ({ words }) => words.request(3)],
  ])('refuses a request %s', (_, request) =>
    drawn(
      (stage) => {
        const speaking = unchoked(stage.peer('-x-a', { ...requests(stage), x: request(stage) }, { fast: true }));
        const other = unchoked(stage.peer('-x-a', { ...requests(stage), x: request(stage) }));
        const serving = serveBlocks(shelf(stage, { without: [1] }), stage.geometry);
        stage.gives(open(speaking).pipe(serving), '^ 1s !').toBe('-');
        stage.gives(open(other).pipe(serving), '^ 1s !').toBe('-');
        stage.sends(speaking).toBe('-J--1');
        stage.sends(other).toBe('----1');
      },
      { torrent: { lastBlock: 1000 } },
    )(),
  );

  it(
    'refuses requests of a choked peer, except for allowed-fast pieces',
    drawn((stage) => {
      const they = stage.peer('-c-a', requests(stage), { fast: true });
      they.state.allowing.add(0);
      stage.gives(open(they).pipe(serveBlocks(shelf(stage), stage.geometry)), '^ 1s !').toBe('-');
      stage.sends(they).toBe('-J--1');
    }),
  );

  it(
    'refuses what was allowed fast, too, once that is over',
    drawn((stage) => {
      const they = stage.peer('-a---a', requests(stage), { fast: true });
      they.state.allowing.add(0);
      let allowsFast = true;
      timer(3).subscribe(() => (allowsFast = false));
      const serve = serveBlocks(shelf(stage), stage.geometry, { allowsFast: () => allowsFast });
      stage.gives(open(they).pipe(serve), '^ 1s !').toBe('-');
      stage.sends(they).toBe('--1--J');
    }),
  );

  it(
    'refuses at a choke what it has not sent',
    drawn((stage) => {
      const they = unchoked(stage.peer('-(abc)', requests(stage), { fast: true }));
      stage.gives(timer(3), '^ 1s !').toBe('---(0|)');
      timer(3).subscribe(() => they.send({ type: 'choke' }));
      stage.gives(open(they).pipe(serveBlocks(shelf(stage, { takes: 6 }), stage.geometry)), '^ 1s !').toBe('-');
      stage.sends(they).toBe('---C---(JJJ)');
    }),
  );

  it(
    'refuses what the disk no longer has, and goes on',
    drawn((stage) => {
      const they = unchoked(stage.peer('-(abc)', requests(stage), { fast: true }));
      const disk = shelf(stage, { takes: 4 });
      const damaged: Shelf = {
        ...disk,
        read: (index, ...what) => (index === 0 ? of(false) : disk.read(index, ...what)),
      };
      stage.gives(open(they).pipe(serveBlocks(damaged, stage.geometry)), '^ 1s !').toBe('-');
      stage.sends(they).toBe('-(JJ)3');
    }),
  );

  it(
    'keeps 500 requests, or as many as it is told',
    drawn((stage) => {
      const they = unchoked(stage.peer('-(abcd)', requests(stage), { fast: true }));
      stage
        .gives(open(they).pipe(serveBlocks(shelf(stage, { takes: 9 }), stage.geometry, { reqq: 2 })), '^ 1s !')
        .toBe('-');
      stage.sends(they).toBe('-(JJ)-----(12)');
    }),
  );

  it(
    'hangs up on the 301st request in vain',
    drawn((stage) => {
      const they = stage.peer('a'.repeat(400), requests(stage));
      stage.gives(of(they).pipe(serveBlocks(shelf(stage), stage.geometry))).toBe('300ms #', undefined, unexpected);
      stage.sends(they).toBe('-');
    }),
  );

  it(
    'hangs up on a peer that requests and cancels, and reads nothing',
    drawn((stage) => {
      const they = unchoked(stage.peer('aA'.repeat(2500), requests(stage), { fast: true, buffer: 'f' }));
      stage
        .gives(of(they).pipe(serveBlocks(shelf(stage, { takes: 10_000 }), stage.geometry)))
        .toBe('4003ms #', undefined, unexpected);
    }),
  );

  it(
    'hangs up on who has read nothing for two minutes',
    drawn((stage) => {
      const they = unchoked(stage.peer('-a-b', requests(stage), { buffer: 'f' }));
      stage
        .gives(of(they).pipe(serveBlocks(shelf(stage), stage.geometry)))
        .toBe('130s #', undefined, { name: 'PeerError', code: 'timeout' });
      stage.sends(they).toBe('--1');
    }),
  );

  it(
    'asks for leave before each block',
    drawn((stage) => {
      const they = unchoked(stage.peer('-(abc)', requests(stage)));
      let left = 2;
      let wake: (() => void) | undefined;
      const limit = {
        take: (_: number, later: () => void) => {
          if (left > 0) return left-- > 0;
          wake = later;
          return false;
        },
        leave: () => (wake = undefined),
        awaited: false,
        give: () => undefined,
        spend: () => undefined,
      };
      timer(50).subscribe(() => {
        left = 5;
        wake?.();
      });
      stage
        .gives(open(they).pipe(serveBlocks(shelf(stage, { takes: 4 }), stage.geometry, { limit })), '^ 1s !')
        .toBe('-');
      stage.sends(they).toBe('-----(12) 41ms 3');
    }),
  );

  it(
    'waits for a peer that never comes, ends without one, and fails with the source, the peer and the disk',
    drawn((stage) => {
      const { cold, gives, peer } = stage;
      const serving = serveBlocks(shelf(stage), stage.geometry);
      gives(cold<Peer>('-').pipe(serving), '^ 1m !').toBe('-');
      gives(cold<Peer>('-|').pipe(serving)).toBe('-|');
      gives(cold<Peer>('-#', {}, new PeerError('reset', '')).pipe(serving)).toBe('-#', undefined, {
        name: 'PeerError',
        code: 'reset',
      });
      gives(of(unchoked(peer('-a-#', requests(stage)))).pipe(serving)).toBe('---#', undefined, {
        name: 'PeerError',
        code: 'reset',
      });
      const broken = new StorageError('io', 'drawn: the disk is broken');
      const unreadable: Shelf = { has: () => true, read: () => throwError(() => broken) };
      gives(of(unchoked(peer('-a', requests(stage)))).pipe(serveBlocks(unreadable, stage.geometry))).toBe(
        '-#',
        undefined,
        broken,
      );
    }),
  );

  it(
    'reads and sends nothing more when nobody listens',
    drawn((stage) => {
      const they = unchoked(stage.peer('-a--c', requests(stage)));
      stage.gives(open(they).pipe(serveBlocks(shelf(stage, { takes: 2 }), stage.geometry)), '^----!').toBe('-');
      stage.sends(they).toBe('---1');
      stage.expectSubscriptions(they.subscriptions).toBe('^----!');
    }),
  );
});
