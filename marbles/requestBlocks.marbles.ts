import { ignoreElements, map, merge, of, take, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { PeerError } from '../src/contracts/errors.ts';
import { drawn } from './index.ts';
import { asker, failed } from './stories/asker.ts';

const nine = { torrent: { pieces: 1, blocksPerPiece: 9 } };

describe('requestBlocks', () => {
  it(
    'asks for what its window holds, and in batches for more',
    drawn((stage) => {
      const they = stage.peer('U-------1-2-------3-C|');
      const writes = '         (RRRR)----(RRRR)----- ';
      const asks = '           (1234)----(5678)----- ';
      const result = '         --------1-2-------3--|';
      stage.gives(asker(stage).blocks(of(they))).toBe(result);
      stage.sends(they).toBe(writes);
      stage.asks(they).toBe(asks);
    }, nine),
  );

  it(
    'asks for everything, once',
    drawn((stage) => {
      const they = stage.peer('U-------1-2-------3-4-------5-6-7-8-9-|');
      const asks = '           (1234)----(5678)----9------------------';
      const result = '         --------1-2-------3-4-------5-6-7-8-9-|';
      stage.gives(asker(stage).blocks(of(they))).toBe(result);
      stage.asks(they).toBe(asks);
    }, nine),
  );

  it(
    'lends its blocks for a moment only, and names the peer that sent them',
    drawn((stage) => {
      const they = stage.peer('U-2|');
      const seen$ = asker(stage)
        .blocks(of(they))
        .pipe(map(({ from, piece, begin, bytes }) => [from === they, piece, begin, bytes.length, bytes[0]]));
      stage.gives(seen$).toBe('--x|', { x: [true, 0, 16384, 16384, 2] });
    }),
  );

  it(
    'asks for the last block at its own size',
    drawn(
      (stage) => {
        const they = stage.peer('U----1-2|');
        stage.gives(asker(stage).blocks(of(they))).toBe('-----1-2|');
        stage
          .sends(they)
          .toBe('(ab)', { a: stage.words.request(1), b: { type: 'request', piece: 0, begin: 16384, length: 1000 } });
      },
      { torrent: { pieces: 1, lastBlock: 1000 } },
    ),
  );

  it(
    'waits for a peer that never unchokes, and ends without one',
    drawn((stage) => {
      const { blocks } = asker(stage);
      stage.gives(blocks(stage.cold('-')), '^ 9m !').toBe('-');
      stage.gives(blocks(stage.cold('-|'))).toBe('-|');
      stage.gives(blocks(stage.cold('-#', {}, new PeerError('timeout', '')))).toBe('-#', undefined, failed('timeout'));
      stage.gives(blocks(of(stage.peer('-B-H-|')))).toBe('-----|');
      stage.gives(blocks(of(stage.peer('-U-1-#')))).toBe('---1-#', undefined, failed('reset'));
    }),
  );

  it(
    'requests nothing from a peer that has nothing it lacks',
    drawn((stage) => {
      const { picker, blocks } = asker(stage);
      picker.restore(0);
      const they = stage.peer('U', {}, { has: [0] });
      stage.gives(blocks(of(they)), '^ 9m !').toBe('-');
      stage.sends(they).toBe('-');
    }),
  );

  it(
    'requests nothing more when unsubscribed, and gives back its requests in flight',
    drawn((stage) => {
      const { blocks } = asker(stage);
      const first = stage.peer(' U----1-----');
      const subs = '            ^------!';
      const second = stage.peer('---------U-');
      stage.gives(blocks(of(first)), subs).toBe('-----1');
      stage.gives(blocks(of(second)), '^----------!').toBe('-');
      stage.asks(first).toBe('  (1234)---');
      stage.asks(second).toBe(' ---------(234)');
      stage.expectSubscriptions(first.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'gives back what it had asked of those who hang up',
    drawn((stage) => {
      const { blocks } = asker(stage);
      const first = stage.peer(' U----1-|   ');
      const second = stage.peer('---------U-');
      stage.gives(blocks(of(first))).toBe('-----1-|');
      stage.gives(blocks(of(second)), '^----------!').toBe('-');
      stage.asks(second).toBe(' ---------(234)');
    }),
  );

  it(
    'may be left from inside, in the middle of a block',
    drawn((stage) => {
      const { blocks, picker } = asker(stage);
      const they = stage.peer('U----1-2-3');
      stage.gives(blocks(of(they)).pipe(take(2))).toBe('-----1-(2|)');
      stage.gives(stage.cold('--------x').pipe(map(() => picker.drafts))).toBe('--------1');
    }),
  );

  it(
    'may be woken from inside: what is settled makes room for more',
    drawn(
      (stage) => {
        const { blocks, picker } = asker(stage, {}, 1);
        const they = stage.peer('U-----1-2-----3-4-----5|');
        const asks = '           (1234)--(56)----(78)-';
        const blocks$ = blocks(of(they)).pipe(
          tap(({ piece, begin }) => {
            if (begin > 0) picker.settle({ type: 'stored', index: piece });
          }),
        );
        stage.gives(blocks$).toBe('------1-2-----3-4-----5|');
        stage.asks(they).toBe(asks);
      },
      { torrent: { pieces: 4 } },
    ),
  );

  it(
    'asks nothing while memory is spent, and goes on when it is woken',
    drawn(
      (stage) => {
        const { blocks, picker } = asker(stage, {}, 1);
        const they = stage.peer(' U-----1-2-3-4---------5|');
        const settled = stage.cold('-------------ab--------', { a: 0, b: 1 });
        const asks = '            (1234)-------(56)-------';
        stage.gives(blocks(of(they))).toBe('------1-2-3-4---------5|');
        stage
          .gives(
            settled.pipe(
              tap((index) => picker.settle({ type: 'stored', index })),
              ignoreElements(),
            ),
          )
          .toBe('-');
        stage.asks(they).toBe(asks);
      },
      { torrent: { pieces: 3 } },
    ),
  );

  it(
    'asks at once for a piece that they get while they have nothing else to give',
    drawn((stage) => {
      const { blocks } = asker(stage);
      const they = stage.peer('U--H--3-------', { H: stage.words.have(1) });
      stage.gives(blocks(of(they)), '^-------!').toBe('------3');
      stage.asks(they).toBe('---(34)');
    }),
  );

  it(
    'asks for nothing when they get a piece that is stored',
    drawn((stage) => {
      const { blocks, picker } = asker(stage);
      picker.restore(1);
      const they = stage.peer('U--H-------', { H: stage.words.have(1) });
      stage.gives(blocks(of(they)), '^------!').toBe('-');
      stage.asks(they).toBe('-');
    }),
  );

  it(
    'looks once for blocks to request, however often the peer says that it has a piece',
    drawn((stage) => {
      const { blocks, picker } = asker(stage);
      picker.exclude(1);
      let looks = 0;
      const next = picker.next.bind(picker);
      picker.next = (...asked) => (looks++, next(...asked));
      const they = stage.peer('U--H-(HHHH)-------', { H: stage.words.have(1) });
      stage.gives(blocks(of(they)), '^---------!').toBe('-');
      stage.gives(stage.cold('--x-x----x').pipe(map(() => looks))).toBe('--1-2----2');
    }),
  );

  it(
    'fails with what wakes it, if that fails',
    drawn((stage) => {
      const { blocks } = asker(stage, { wake$: stage.cold('--#') });
      stage.gives(blocks(of(stage.peer('U----1')))).toBe('--#');
    }),
  );
});

describe('requestBlocks, choked', () => {
  it(
    'gives back at once what is in flight; another is asked for it',
    drawn((stage) => {
      const { blocksOf } = asker(stage);
      const first = stage.peer(' U-----1----C--------------U-|');
      const second = stage.peer('---------------U----2-3--4--|');
      const asks = '            (1234)-----------------------';
      const others = '          ---------------(234)---------';
      const result = '          ------1-------------2-3--4--|';
      stage.gives(merge(blocksOf(first), blocksOf(second))).toBe(result);
      stage.asks(first).toBe(asks);
      stage.asks(second).toBe(others);
    }),
  );

  it(
    'asks anew at the next unchoke, and takes what comes in spite of a choke',
    drawn((stage) => {
      const they = stage.peer('U-----1-C---U------2-C-3-|');
      const asks = '           (1234)------(234)---------';
      const result = '         ------1------------2---3-|';
      stage.gives(asker(stage).blocks(of(they))).toBe(result);
      stage.asks(they).toBe(asks);
    }),
  );

  it(
    'with the fast extension waits for rejects: what is not rejected may come',
    drawn((stage) => {
      const { words } = stage;
      const rejects = { a: words.reject(2), b: words.reject(4) };
      const first = stage.peer(' U-----1----C-a---3---b---|', rejects, { fast: true });
      const second = stage.peer('----------------U-----2-4|');
      const others = '          ----------------2----4----';
      const result = '          ------1----------3----2-4|';
      const { blocksOf } = asker(stage);
      stage.gives(merge(blocksOf(first), blocksOf(second))).toBe(result);
      stage.asks(second).toBe(others);
    }),
  );

  it(
    'does not wait longer than a second for rejects that never come',
    drawn((stage) => {
      const { blocksOf, picker } = asker(stage);
      stage.gives(blocksOf(stage.peer('U-C', {}, { fast: true })), '^ 10m !').toBe('-');
      stage.gives(stage.cold('999ms x 1s x').pipe(map(() => picker.drafts))).toBe('999ms 2 1s 0');
    }),
  );

  it(
    'leaves a peer for the one that takes its place',
    drawn((stage) => {
      const first = stage.peer(' -U---1---2-');
      const second = stage.peer('-------U--3-');
      const peers = stage.cold('a-----b-----', { a: first, b: second });
      const others = '          -------(234)';
      const result = '          -----1----3-';
      stage.gives(asker(stage).blocks(peers), '^-----------!').toBe(result);
      stage.asks(second).toBe(others);
    }),
  );
});
