import { ignoreElements, map, merge, NEVER, type Observable, of, shareReplay, timer, switchMap } from 'rxjs';
import { describe, it } from 'vitest';
import { localNetwork } from '../src/discovery/lan/localNetwork.ts';
import { localPeers } from '../src/discovery/lan/localPeers.ts';
import type { Datagram, UdpOptions, UdpSocket } from '../src/contracts/network.ts';
import { decodeLsd, encodeLsd, LSD_PORT, MAX_LSD_ANNOUNCED, MAX_LSD_BYTES } from '../src/protocol/lan/lsd.ts';
import { InvariantError } from '../src/contracts/errors.ts';
import type { Mark } from './lane.ts';
import { drawn, type Stage } from './index.ts';

const hash = (n: number): Uint8Array => new Uint8Array(20).fill(n);

interface Net {
  readonly four?: Observable<Datagram>;
  readonly moved$?: Observable<void>;
}

/**
 * A network by IPv4 for several torrents; what was sent into it, by how many torrents a datagram names, and how often a
 * socket was bound.
 */
const net = (stage: Stage, { four = NEVER, moved$ }: Net = {}) => {
  const sent: Mark[] = [];
  const bound: Mark[] = [];
  const bindUdp = ({ family }: UdpOptions): Observable<UdpSocket> => {
    if (family === 6) return NEVER;
    bound.push({ frame: stage.now(), kind: 'value', value: 'b' });
    const send = (bytes: Uint8Array): void => {
      if (bytes.length > MAX_LSD_BYTES) throw new InvariantError('too long for others');
      sent.push({ frame: stage.now(), kind: 'value', value: decodeLsd(bytes).infoHashes.length.toString(36) });
    };
    return merge(of({ port: LSD_PORT, datagrams$: four, undelivered$: NEVER, send, ...(moved$ && { moved$ }) }), NEVER);
  };
  const env = { bindUdp, randomBytes: (length: number) => new Uint8Array(length).fill(1) };
  const network$ = localNetwork(env).pipe(shareReplay({ bufferSize: 2, refCount: true }));
  const peers = (n: number) => localPeers(env, { infoHash: hash(n), port: 6881, network$ });
  return { peers, sent, bound };
};

describe('localNetwork', () => {
  it(
    'is one socket for all torrents: the first is told of at once, the others a second later, together',
    drawn((stage) => {
      const { peers, sent, bound } = net(stage);
      const all = merge(...[1, 2, 3, 4, 5].map(peers), timer(500).pipe(switchMap(() => peers(6))));
      stage.gives(all.pipe(ignoreElements()), '^ 3s !').toBe('-');
      stage.happens(sent).toBe('1 999ms 5');
      stage.happens(bound).toBe('b');
    }),
  );

  it(
    'names no more torrents in a datagram than other clients read, however many there are',
    drawn((stage) => {
      const { peers, sent } = net(stage);
      const all = merge(...Array.from({ length: 2 + 2 * MAX_LSD_ANNOUNCED }, (_, n) => peers(n)));
      stage.gives(all.pipe(ignoreElements()), '^ 3s !').toBe('-');
      stage.happens(sent).toBe('1 999ms (oo1)');
    }),
  );

  it(
    'tells each torrent of the peers that share it, of several torrents at once',
    drawn((stage) => {
      const said = (...infoHashes: readonly Uint8Array[]): Datagram => ({
        bytes: encodeLsd({ port: 7000, infoHashes }, 4),
        from: { host: '10.0.0.1', port: LSD_PORT },
      });
      const { peers } = net(stage, { four: stage.hot('-a---b', { a: said(hash(1), hash(2)), b: said(hash(2)) }) });
      const named = (n: number) => peers(n).pipe(map(() => String(n)));
      stage.gives(merge(named(1), named(2), named(3)), '^------!').toBe('-(12)2');
    }),
  );

  it(
    'tells of all torrents again when there is one more interface',
    drawn((stage) => {
      const { peers, sent } = net(stage, { moved$: stage.hot<void>('10s m') });
      stage.gives(merge(peers(1), peers(2), peers(3)).pipe(ignoreElements()), '^ 20s !').toBe('-');
      stage.happens(sent).toBe('1 999ms 2 8999ms 1 999ms 2');
    }),
  );

  it(
    'is closed when no torrent needs it any longer, and says nothing of what was waiting',
    drawn((stage) => {
      const { peers, sent } = net(stage);
      stage.gives(merge(peers(1), peers(2)).pipe(ignoreElements()), '^ 500ms !').toBe('-');
      stage.happens(sent).toBe('1 2s -');
    }),
  );
});
