import { describe, expect, it } from 'vitest';
import type { PeerAddress } from '../../../src/contracts/network.ts';
import { ReadModel } from '../../../src/download/running/readModel.ts';
import { torrentSwarm } from '../../../src/download/swarm/torrentSwarm.ts';
import { drawn, type DrawnPeer } from '../../../marbles/index.ts';

describe('what is shown of a download', () => {
  it(
    'keeps of each peer that is connected why it is served, and nothing of those that have left',
    drawn((stage) => {
      const { env } = stage.world();
      const swarm = torrentSwarm(stage.torrent, env, {});
      const model = new ReadModel(swarm);
      const peer: DrawnPeer = stage.peer('');
      const address: PeerAddress = peer.address;
      swarm.joined(peer);
      model.heard({ type: 'unchoke', address, reason: 'gives' });
      expect(model.snapshot().peers.map(({ reason }) => reason)).toEqual(['gives']);
      model.check();
      const left = swarm.stats.left(address, undefined);
      expect(() => model.check()).toThrow('which has left');
      model.heard(left);
      model.check();
      expect(model.snapshot().peers).toEqual([]);
    }),
  );
});
