import { delay, of } from 'rxjs';
import { describe, it } from 'vitest';
import { serveHashes } from '../operators/serveHashes.ts';
import type { HashRange, Message } from '../src/protocol/peer/messages.ts';
import { HashShelf } from '../src/torrent/merkle/hashShelf.ts';
import { drawn } from './index.ts';
import { hashedV2 } from './hashedV2.ts';
import { leavesV2 } from './leavesV2.ts';

const { torrent, range, hashes } = hashedV2();
const ofPieces = new HashShelf(torrent);
const shelf = { most: ofPieces.most, hashes: (asked: HashRange<'hashRequest'>) => ofPieces.hashes(asked) };
const asked = (change: object = {}) => ({ type: 'hashRequest', ...range, ...change }) as const;
const rejected = (change: object = {}) => ({ type: 'hashReject', ...range, ...change }) as const;
const they = {
  Q: asked(),
  b: asked({ base: 1 }),
  i: asked({ index: 4 }),
  l: asked({ length: 3 }),
  p: asked({ proof: 2 }),
  r: asked({ root: new Uint8Array(32) }),
} satisfies Record<string, Message>;
const we = {
  M: { type: 'hashes', ...range, hashes },
  b: rejected({ base: 1 }),
  i: rejected({ index: 4 }),
  l: rejected({ length: 3 }),
  p: rejected({ proof: 2 }),
  r: rejected({ root: new Uint8Array(32) }),
  Z: rejected(),
} satisfies Record<string, Message>;

describe('serveHashes', () => {
  it(
    'gives what is asked for, and rejects what there is not',
    drawn(({ peer, gives, sends }) => {
      const one = peer('-Q-bilpr-', they);
      const writes = '  -M-bilpr-';
      gives(of(one).pipe(serveHashes(shelf)), '^--------!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'gives a peer so many answers, and not more',
    drawn(({ peer, gives, sends }) => {
      const one = peer('-QQQ-', they);
      const writes = '  -MMZ-';
      gives(of(one).pipe(serveHashes({ hashes: shelf.hashes, most: 2 })), '^----!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'reads one piece at a time for hashes of blocks, of each peer at most 256',
    drawn(({ peer, gives, sends }) => {
      const { range: blocks, hashes: leaves } = leavesV2();
      const asked = { Q: { type: 'hashRequest', ...blocks } } satisfies Record<string, Message>;
      const answers = {
        M: { type: 'hashes', ...blocks, hashes: leaves },
        Z: { type: 'hashReject', ...blocks },
      } satisfies Record<string, Message>;
      const slow = { most: 1_000, hashes: () => of(leaves).pipe(delay(3)) };
      const [one, other] = [peer('(QQ)---', asked), peer('(QQQQ)'.repeat(65), asked)];
      const writes = '     ---M--M';
      gives(of(one).pipe(serveHashes(slow)), '^--------!').toBe('-');
      sends(one).toBe(writes, answers);
      gives(of(other).pipe(serveHashes({ most: 1_000, hashes: () => of(leaves) })), '^ 400ms !').toBe('-');
      sends(other).toBe(`${'(MMMM)'.repeat(64)}(ZZZZ)`, answers);
    }),
  );

  it(
    'hangs up on a peer that reads no answer',
    drawn(({ peer, gives }) => {
      const one = peer(`Q${'Q'.repeat(1100)}`, they, { buffer: 'f' });
      gives(of(one).pipe(serveHashes({ hashes: shelf.hashes, most: 0 }))).toBe(' 1002ms #', undefined, {
        name: 'PeerError',
        code: 'unexpected',
      });
    }),
  );
});
