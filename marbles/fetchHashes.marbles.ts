import { of } from 'rxjs';
import { describe, it } from 'vitest';
import { fetchHashes } from '../operators/fetchHashes.ts';
import type { HashesMessage, Message } from '../src/protocol/peer/messages.ts';
import { LayerDraft } from '../src/torrent/merkle/layerDraft.ts';
import { drawn } from './index.ts';
import { hashedV2 } from './hashedV2.ts';

const { torrent, bare, range, hashes } = hashedV2();
const right: HashesMessage = { type: 'hashes', ...range, hashes };
const they = {
  M: right,
  w: { ...right, hashes: hashes.map((byte) => byte ^ 1) },
  s: { ...right, hashes: hashes.subarray(32) },
  u: { ...right, index: 4 },
  Z: { type: 'hashReject', ...range },
} satisfies Record<string, Message>;
const we = { Q: { type: 'hashRequest', ...range } } satisfies Record<string, Message>;

describe('fetchHashes', () => {
  it(
    'asks for what is missing, and gives the torrent with all hashes',
    drawn(({ peer, gives, sends }) => {
      const one = peer('-----M', they);
      const writes = '  Q----';
      gives(of(one).pipe(fetchHashes(new LayerDraft(bare)))).toBe('-----(t|)', { t: torrent });
      sends(one).toBe(writes, we);
    }),
  );

  it(
    'asks another peer once one has rejected, or kept it waiting for 5 s; what one gives is enough for both',
    drawn(({ peer, gives }) => {
      const draft = new LayerDraft(bare);
      const [one, two] = [peer('-Z', they), peer('- 5s ---M', they)];
      gives(of(one).pipe(fetchHashes(draft))).toBe('- 5s ---(t|)', { t: torrent });
      gives(of(two).pipe(fetchHashes(draft))).toBe('- 5s ---(t|)', { t: torrent });
    }),
  );

  it.each(['w', 's'])('hangs up on a peer whose hashes are not of this torrent: %s', (letter) =>
    drawn(({ peer, gives }) =>
      gives(of(peer(`--${letter}`, they)).pipe(fetchHashes(new LayerDraft(bare)))).toBe('--#', undefined, {
        name: 'PeerError',
        code: 'corrupt',
      }),
    )(),
  );

  it(
    'hangs up after ten answers that nobody asked for',
    drawn(({ peer, gives }) =>
      gives(of(peer('-uuuuuuuuuu', they)).pipe(fetchHashes(new LayerDraft(bare)))).toBe('----------#', undefined, {
        name: 'PeerError',
        code: 'unexpected',
      }),
    ),
  );
});
