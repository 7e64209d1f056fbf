import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { ConnectedPeers } from '../../../src/torrent/peers/connectedPeers.ts';

describe('ConnectedPeers', () => {
  const member = (downloaded: number, choked = true) => ({
    state: { choked, downloaded, uploaded: downloaded / 2, have: new Bitfield(1) },
  });

  it('counts who is here, and what all who were have given', () => {
    const crowd = new ConnectedPeers<string, ReturnType<typeof member>>();
    const [a, b] = [member(10), member(20, false)];
    crowd.joined('a', a);
    crowd.joined('b', b);
    expect([crowd.size, crowd.unchoked, crowd.downloaded, crowd.uploaded]).toEqual([2, 1, 30, 15]);
    expect([crowd.left('a'), crowd.left('a'), crowd.left('c')]).toEqual([a, undefined, undefined]);
    expect([crowd.size, crowd.unchoked, crowd.downloaded, crowd.uploaded]).toEqual([1, 1, 30, 15]);
    expect([crowd.some(({ state }) => state.choked), crowd.some(({ state }) => !state.choked)]).toEqual([false, true]);
  });
});
