import { ignoreElements, NEVER, Subject, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { findWrongBlocks } from '../operators/findWrongBlocks.ts';
import { PeerError } from '../src/contracts/errors.ts';
import type { CheckedPiece, Peer } from '../src/contracts/peer.ts';
import type { HashesMessage } from '../src/protocol/peer/messages.ts';
import { LeafDraft } from '../src/torrent/merkle/leafDraft.ts';
import { drawn, type Stage } from './index.ts';
import { leavesV2 } from './leavesV2.ts';

const { torrent, pieces, range, hashes } = leavesV2();
const right: HashesMessage = { type: 'hashes', ...range, hashes };

const scene = ({ peer, gives, cold }: Stage, answers = '|') => {
  const at = (port: number) => ({ address: { host: '10.0.0.1', port, source: 'tracker' } }) as const;
  const [one, two] = [peer('-', {}, at(1)), peer('-', {}, at(2))];
  const draft = new LeafDraft(torrent);
  const heard$ = cold(answers).pipe(
    tap(() => draft.received(right)),
    ignoreElements(),
  );
  gives(heard$).toBe(answers.replace('M', '-'));
  const copy = (from: readonly Peer[], wrong: readonly number[]): CheckedPiece => {
    const bytes = pieces[0].slice();
    for (const block of wrong) bytes[block * 16_384] = 1 ^ (bytes[block * 16_384] as number);
    return { index: 0, bytes, from, valid: wrong.length === 0, release: () => {} };
  };
  return { one, two, draft, copy, find: findWrongBlocks(draft) };
};

describe('findWrongBlocks', () => {
  it(
    'says which blocks are wrong once their hashes have come',
    drawn((stage) => {
      const answers = ' ----M|';
      const source = '  -x--|';
      const gives = '   ----(w|)';
      const { one, two, copy, find } = scene(stage, answers);
      const x = copy([one, two, one, two], [1, 2]);
      stage.gives(stage.hot(source, { x }).pipe(find)).toBe(gives, { w: { ...x, wrong: [1, 2] } });
    }),
  );

  it(
    'passes on at once what is valid, and what one peer alone has sent',
    drawn((stage) => {
      const { one, two, copy, find } = scene(stage);
      const values = { a: copy([one, two, one, two], []), x: copy([one, one, one, one], [3]) };
      stage.gives(stage.hot('-a-x-|', values).pipe(find)).toBe('-a-x-|', values);
    }),
  );

  it(
    'passes on after 5 s what nobody tells about; others do not wait for it',
    drawn((stage) => {
      const { one, two, copy, find } = scene(stage);
      const values = { x: copy([one, two, one, two], [0]), a: copy([one, two, one, two], []) };
      stage.gives(stage.hot('x-a', values).pipe(find), '^ 6s !').toBe('--a 4997ms x', values);
    }),
  );

  it(
    'does not wait for a second copy of a piece that is examined',
    drawn((stage) => {
      const { one, two, copy, find } = scene(stage, '---M|');
      const [x, y] = [copy([one, two, one, two], [0]), copy([two, one, two, one], [1])];
      stage.gives(stage.hot('-xy-', { x, y }).pipe(find), '^----!').toBe('--yw', { y, w: { ...x, wrong: [0] } });
    }),
  );

  it(
    'waits, ends and fails with the source',
    drawn((stage) => {
      const { find } = scene(stage);
      stage.gives(NEVER.pipe(find)).toBe('-');
      stage.gives(stage.cold<CheckedPiece>('--|').pipe(find)).toBe('--|');
      stage.gives(stage.cold<CheckedPiece>('-#', {}, new PeerError('reset', '')).pipe(find)).toBe('-#', undefined, {
        name: 'PeerError',
        code: 'reset',
      });
    }),
  );

  it('examines nothing any more once it is left', () => {
    const draft = new LeafDraft(torrent);
    const pieces$ = new Subject<CheckedPiece>();
    const address = (port: number) => ({ address: { host: '10.0.0.1', port, source: 'tracker' } }) as const;
    const from = [address(1), address(2), address(1), address(2)];
    const left = pieces$.pipe(findWrongBlocks(draft)).subscribe();
    pieces$.next({ index: 0, bytes: pieces[0].slice().fill(0), from, valid: false, release: () => {} });
    expect(draft.examine(0, () => {})).toBeUndefined();
    left.unsubscribe();
    expect(draft.examine(0, () => {})).toBeDefined();
  });
});
