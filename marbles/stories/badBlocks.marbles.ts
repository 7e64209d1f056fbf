import { ignoreElements, interval, map, merge, type Observable, Subject, take, tap } from 'rxjs';
import { describe, it } from 'vitest';
import type { BlockRange, Message, PieceMessage } from '../../src/protocol/peer/messages.ts';
import { drawn, type Stage } from '../index.ts';
import { answering, asker, failed, right } from './asker.ts';

describe('blocks that were not asked for', () => {
  it(
    'are dropped; the tenth is one too many',
    drawn(
      (stage) => {
        const they = stage.peer('U-----99999-1-9999-9', {}, { has: [0] });
        const result = '         ------------1------#';
        stage.gives(asker(stage).blocksOf(they)).toBe(result, undefined, failed('unexpected'));
      },
      { torrent: { pieces: 5 } },
    ),
  );

  it(
    'are those that another peer has been asked for, too: that one is waited for, and sends them',
    drawn((stage) => {
      const they = stage.peer('   U-------------------1--');
      const liar = stage.peer('   -U--1-1-1-1111111----', {}, { has: [] });
      const { blocksOf } = asker(stage);
      stage.gives(blocksOf(they), '^---------------------------!').toBe('--------------------1');
      stage.gives(blocksOf(liar)).toBe('----------------#', undefined, failed('unexpected'));
    }),
  );

  it(
    'are counted through chokes',
    drawn((stage) => {
      const they = stage.peer('U-----444-C-444-U-----444-1-C-U-----4', {}, { has: [0] });
      const result = '         --------------------------1---------#';
      stage.gives(asker(stage).blocksOf(they)).toBe(result, undefined, failed('unexpected'));
    }),
  );

  it(
    'are not those of an honest peer that is slower than our patience',
    drawn((stage) => {
      const they = stage.peer('U');
      const slow = answering(they, 12_000, right(stage));
      const result = '12s 1 11999ms 2 11999ms 3 11999ms (4|)';
      stage
        .gives(
          asker(stage, { patience: () => 600_000 })
            .blocksOf(slow)
            .pipe(take(4)),
        )
        .toBe(result);
    }),
  );

  it(
    'are not those that we no longer wait for: late is better than never',
    drawn((stage) => {
      const they = stage.peer('U 15s 1234 1s |');
      const result = '         - 15s 1234 1s |';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
    }),
  );

  it.each<[string, (stage: Stage) => Message]>([
    ['too short', ({ words }) => ({ ...(words.block(2) as PieceMessage), bytes: new Uint8Array(16383) })],
    [
      'longer than the last one is',
      ({ words }) => ({ ...(words.block(4) as PieceMessage), bytes: new Uint8Array(16384) }),
    ],
    ['beginning in the middle of one', ({ words }) => ({ ...(words.block(2) as PieceMessage), begin: 8192 })],
    ['beginning beyond their piece', ({ words }) => ({ ...(words.block(2) as PieceMessage), begin: 32768 })],
    ['of a piece that there is not', ({ words }) => ({ ...(words.block(2) as PieceMessage), piece: 2 })],
    ['of a piece beyond all numbers', ({ words }) => ({ ...(words.block(2) as PieceMessage), piece: 2 ** 32 - 1 })],
  ])('are those %s', (_, wrong) =>
    drawn(
      (stage) => {
        const they = stage.peer('U-----x--2-4-|', { x: wrong(stage) });
        const result = '         ---------2-4-|';
        stage.gives(asker(stage).blocksOf(they)).toBe(result);
      },
      { torrent: { lastBlock: 1000 } },
    )(),
  );

  it(
    'are those that come again',
    drawn((stage) => {
      const they = stage.peer('U-----11112|');
      const result = '         ------1---2|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
    }),
  );
});

describe('peers that reject', () => {
  it(
    'are asked at most ten times a second if they do nothing else, whatever wakes us',
    drawn((stage) => {
      const they = stage.peer('U', {}, { fast: true });
      const { wake$, blocksOf } = asker(stage, { patience: () => 3_600_000 });
      const rejecting = answering(they, 1, (request) => ({ ...request, type: 'reject' }));
      const asked$ = stage.cold('999ms a 999ms b 999ms c 5999ms d').pipe(map(() => they.sent.length));
      stage
        .gives(
          merge(
            blocksOf(rejecting),
            interval(7).pipe(
              tap(() => wake$.next()),
              ignoreElements(),
            ),
          ),
          '^ 9999ms !',
        )
        .toBe('-');
      stage.gives(asked$).toBe('999ms a 999ms b 999ms c 5999ms d', { a: 10, b: 20, c: 30, d: 90 });
    }),
  );

  it(
    'lose rejected blocks to other peers, and the rest when they leave',
    drawn((stage) => {
      const first = stage.peer(' U-------j-----1-|', { j: stage.words.reject(3) }, { fast: true });
      const second = stage.peer('----------U--------|');
      const { blocksOf } = asker(stage);
      const asks = '            (1234)-----------';
      const others = '          ----------3-----(24)';
      const result = '          --------------1----|';
      stage.gives(merge(blocksOf(first), blocksOf(second))).toBe(result);
      stage.asks(first).toBe(asks);
      stage.asks(second).toBe(others);
    }),
  );

  it.each<[string, Partial<BlockRange<'reject'>>]>([
    ['a piece that was not asked for', { piece: 1 }],
    ['the middle of a block', { begin: 100 }],
    ['another length', { length: 1 }],
  ])('%s are not believed', (_, wrong) =>
    drawn((stage) => {
      const they = stage.peer(
        'U----j-1|',
        { j: { ...(stage.words.reject(1) as BlockRange<'reject'>), ...wrong } },
        { fast: true, has: [0] },
      );
      stage.gives(asker(stage).blocksOf(they)).toBe('-------1|');
      stage.asks(they).toBe('(12)');
    })(),
  );
});

describe('peers that send nothing', () => {
  it(
    'are left after a minute, or after as long as we are told',
    drawn((stage) => {
      const from = (lane: string, options = {}): Observable<unknown> =>
        asker(stage, options).blocksOf(stage.peer(lane));
      stage.gives(from('U')).toBe('60s #', undefined, failed('silent'));
      stage.gives(from('500ms U', { patience: () => 10_000 })).toBe('10500ms #', undefined, failed('silent'));
      stage.gives(from('U 4499ms 1')).toBe('4500ms 1 60499ms #', undefined, failed('silent'));
    }),
  );

  it(
    'are reported once a second while they owe a block, and not after that',
    drawn((stage) => {
      const awaited$ = new Subject<string>();
      const they = stage.peer('U 2499ms 1', {}, { has: [0] });
      const { blocksOf, picker } = asker(stage, { awaited: (peer) => awaited$.next(peer === they ? 'w' : '') });
      picker.restore(1);
      stage.gives(awaited$, '^ 6500ms !').toBe('1s w 999ms w 1999ms w 999ms w 999ms w');
      stage.gives(blocksOf(they), '^ 6500ms !').toBe('2500ms 1');
    }),
  );

  it(
    'are not at fault while nothing is requested from them, or while they choke us',
    drawn((stage) => {
      const { blocksOf, picker } = asker(stage);
      picker.restore(0);
      stage.gives(blocksOf(stage.peer('U', {}, { has: [0] })), '^ 5m !').toBe('-');
      stage.gives(blocksOf(stage.peer('U-C')), '^ 5m !').toBe('-');
    }),
  );

  it(
    'and choke us again and again are hung up on when others wait for their place',
    drawn((stage) => {
      const they = stage.peer('UC'.repeat(30));
      stage
        .gives(asker(stage, { contested: () => true }).blocksOf(they))
        .toBe('-------------------#', undefined, failed('silent'));
    }),
  );

  it(
    'and choke us again and again are left by everybody after a minute',
    drawn((stage) => {
      const they = stage.peer('U 99ms C 99ms '.repeat(400));
      stage.gives(asker(stage).blocksOf(they)).toBe('61s #', undefined, failed('silent'));
      const asked$ = stage.cold('30s x').pipe(map(() => they.sent.length <= 10 * 31));
      stage.gives(asked$).toBe('30s x', { x: true });
    }),
  );
});
