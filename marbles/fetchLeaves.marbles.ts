import { map, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fetchLeaves } from '../operators/fetchLeaves.ts';
import type { HashesMessage, Message } from '../src/protocol/peer/messages.ts';
import { LeafDraft } from '../src/torrent/merkle/leafDraft.ts';
import { drawn } from './index.ts';
import { leavesV2 } from './leavesV2.ts';

const { torrent, range, hashes } = leavesV2();
const right: HashesMessage = { type: 'hashes', ...range, hashes };
const they = {
  M: right,
  w: { ...right, hashes: hashes.map((byte) => byte ^ 1) },
  s: { ...right, hashes: hashes.subarray(32) },
  u: { ...right, index: 4 },
  Z: { type: 'hashReject', ...range },
} satisfies Record<string, Message>;
const we = { Q: { type: 'hashRequest', ...range } } satisfies Record<string, Message>;
const examined = (): { readonly draft: LeafDraft; readonly told: number[] } => {
  const draft = new LeafDraft(torrent);
  const told: number[] = [];
  draft.examine(0, (leaves) => told.push(leaves.length / 32));
  return { draft, told };
};

describe('fetchLeaves', () => {
  it('asks for the hashes of the blocks of a piece that is examined, and hands them over', () => {
    const { draft, told } = examined();
    drawn(({ peer, gives, sends }) => {
      const one = peer('--M', they, { has: [0], v2: true });
      const writes = '  Q--';
      gives(of(one).pipe(fetchLeaves(draft)), '^--!').toBe('-');
      sends(one).toBe(writes, we);
    })();
    expect(told).toEqual([4]);
  });

  it(
    'asks at once when a piece is examined, and nothing before',
    drawn(({ peer, gives, sends, cold }) => {
      const draft = new LeafDraft(torrent);
      const one = peer('-', they, { has: [0], v2: true });
      const examine = '--x|';
      const writes = ' --Q-';
      gives(cold(examine).pipe(map(() => draft.examine(0, () => {}) !== undefined))).toBe('--x|', { x: true });
      gives(of(one).pipe(fetchLeaves(draft)), '^---!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'asks nothing of a peer without the piece, or of version 1; three are asked, and another for one that rejects',
    drawn(({ peer, gives, sends }) => {
      const { draft } = examined();
      const without = [peer('-', they, { has: [1], v2: true }), peer('-', they, { has: [0] })];
      const has = { has: [0], v2: true };
      const three = [peer('--Z', they, has), peer('-', {}, has), peer('-', {}, has)];
      const fourth = peer('-', they, { has: [0], v2: true });
      const all = [...without, ...three, fourth];
      for (const one of all) gives(of(one).pipe(fetchLeaves(draft)), '^----!').toBe('-');
      for (const one of without) sends(one).toBe('-');
      for (const one of three) sends(one).toBe('Q', we);
      sends(fourth).toBe('--Q', we);
    }),
  );

  it.each(['w', 's'])('hangs up on a peer whose hashes do not lead to the root of the piece: %s', (letter) =>
    drawn(({ peer, gives }) => {
      const one = peer(`--${letter}`, they, { has: [0], v2: true });
      gives(of(one).pipe(fetchLeaves(examined().draft))).toBe('--#', undefined, {
        name: 'PeerError',
        code: 'corrupt',
      });
    })(),
  );

  it(
    'hangs up after ten answers that nobody asked for, examined or not',
    drawn(({ peer, gives }) => {
      const result = '----------#';
      gives(of(peer('-MMMMMMMMMM', they, { has: [0], v2: true })).pipe(fetchLeaves(new LeafDraft(torrent)))).toBe(
        result,
        undefined,
        { name: 'PeerError', code: 'unexpected' },
      );
    }),
  );
});
