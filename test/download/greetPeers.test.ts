import { filter, map, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { drawn, honest, silent, type Stage, wrongInfoHash } from '../../marbles/index.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { greetPeers, type GreetPeersOptions } from '../../src/download/greetPeers.ts';

const [a, b, c] = ['10.1.0.1:7000', '10.1.0.2:7000', '10.1.0.3:7000'];
const at = (host: string): PeerAddress => ({ host, port: 7000, source: 'manual' });
const three = [at('10.1.0.1'), at('10.1.0.2'), at('10.1.0.3')];

/** The last letter of the address of each peer that has been greeted. */
const greeted = (stage: Stage, there: ReturnType<Stage['world']>, options: Partial<GreetPeersOptions> = {}) => {
  const deadline = () => {
    const began = stage.now();
    return {
      seconds: 10,
      get left() {
        return began + 10_000 - stage.now();
      },
    };
  };
  return greetPeers(stage.torrent, there.env, { trackers: [], peers: three, deadline, ...options }).pipe(
    map(({ peer }) => peer.address.host.slice(-1)),
  );
};

describe('peers that are greeted', () => {
  it(
    'are dialled once each, whatever becomes of it, and it ends with the last of them',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest(), [b]: wrongInfoHash(), [c]: silent() } });
      stage.gives(greeted(stage, there)).toBe('------1 9993ms |');
      stage.happens(there.dials).toBe('(abc)');
    }),
  );

  it(
    'tell why they left, and are as many at once as there may be',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: wrongInfoHash(), [b]: honest() } });
      const left: string[] = [];
      const report = (event: DownloadEvent): void => {
        if (event.type === 'peer-left') left.push(`${event.address.host.slice(-1)} ${event.reason}`);
      };
      stage.gives(greeted(stage, there, { maxPeers: 1, report })).toBe('------------2|');
      stage.happens(there.dials).toBe('a-----b-----?');
      stage
        .gives(
          timer(99).pipe(
            map(() => left.join()),
            filter(Boolean),
          ),
        )
        .toBe('99ms (l|)', { l: '1 wrong-info-hash,2 closed,3 refused' });
    }),
  );
});
