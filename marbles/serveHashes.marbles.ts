import { of } from 'rxjs';
import { describe, it } from 'vitest';
import { serveHashes } from '../operators/serveHashes.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { hashShelf } from '../src/torrent/metadata/hashShelf.ts';
import { drawn } from './index.ts';
import { hashedV2 } from './hashedV2.ts';

const { torrent, range, hashes } = hashedV2();
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
      gives(of(one).pipe(serveHashes(hashShelf(torrent))), '^--------!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'gives a peer so many answers, and not more',
    drawn(({ peer, gives, sends }) => {
      const one = peer('-QQQ-', they);
      const writes = '  -MMZ-';
      gives(of(one).pipe(serveHashes({ ...hashShelf(torrent), most: 2 })), '^----!').toBe('-');
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'hangs up on a peer that reads no answer',
    drawn(({ peer, gives }) => {
      const one = peer(`Q${'Q'.repeat(1100)}`, they, { buffer: 'f' });
      gives(of(one).pipe(serveHashes({ ...hashShelf(torrent), most: 0 }))).toBe(' 1002ms #', undefined, {
        name: 'PeerError',
        code: 'unexpected',
      });
    }),
  );
});
