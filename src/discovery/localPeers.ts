import { catchError, defer, EMPTY, ignoreElements, merge, mergeMap, NEVER, type Observable, of, switchMap, throwError } from 'rxjs';
import { replenish } from '../../operators/replenish.ts';
import type { Datagram, Env, PeerAddress, UdpSocket } from '../env.ts';
import { InputError } from '../errors.ts';
import { equalIds, toHex } from '../protocol/id.ts';
import { decodeLsd, encodeLsd, LSD_GROUPS, LSD_PORT, type LsdAnnounce } from '../protocol/lsd.ts';
import { Malformed } from '../protocol/malformed.ts';
import { PUBLIC, reachOf } from '../protocol/reach.ts';
import { defaultPace, type SourcePace } from './pace.ts';

export interface LocalPeersOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Where we listen for peers. Without it nobody is told of us. */
  readonly port?: number;
  /** How many peers are wanted now: above zero we announce ourselves once a minute. */
  readonly wanted$?: Observable<number>;
  /** How often we announce ourselves; `lsd` of {@link defaultPace} if not given. */
  readonly pace?: Omit<SourcePace, 'after'>;
}

/**
 * Those in the local network who share a torrent, for as long as it is subscribed to.
 *
 * ```
 * heard   --a--b--
 * writes  m 299999ms m
 * gives   --a--b--
 * ```
 *
 * Listens to the multicast groups of both families, and tells them of us every five minutes. Our own announces are known by a
 * cookie, those from beyond the local network are not believed. Never errors: a family that this machine does not have is
 * left out. Completes only when it has neither. Not for private torrents (BEP 27).
 *
 * @see BEP 14
 */
export const localPeers = (
  env: Pick<Env, 'bindUdp' | 'randomBytes'>,
  { infoHash, port, wanted$ = NEVER, pace = defaultPace.lsd }: LocalPeersOptions,
): Observable<PeerAddress> =>
  defer(() => {
    const cookie = toHex(env.randomBytes(4));
    const announce = (socket: UdpSocket, family: 4 | 6): Observable<never> => {
      if (port === undefined) return NEVER;
      const once$ = defer(() => {
        socket.send(encodeLsd({ port, infoHashes: [infoHash], cookie }, family), { host: LSD_GROUPS[family], port: LSD_PORT });
        return EMPTY;
      });
      return once$.pipe(replenish({ wanted$, atLeast: pace.atLeast, atMost: pace.atMost }), ignoreElements());
    };
    const isForUs = (heard: LsdAnnounce): boolean => heard.cookie !== cookie && heard.infoHashes.some((hash) => equalIds(hash, infoHash));
    const listen = ({ datagrams$ }: UdpSocket): Observable<PeerAddress> =>
      datagrams$.pipe(
        mergeMap((datagram) => {
          const heard = announceIn(datagram);
          return heard !== undefined && isForUs(heard) ? of<PeerAddress>({ host: datagram.from.host, port: heard.port, source: 'lsd' }) : EMPTY;
        }),
      );
    const families = ([4, 6] as const).map((family) =>
      env.bindUdp({ port: LSD_PORT, family, multicast: LSD_GROUPS[family] }).pipe(
        switchMap((socket) => merge(listen(socket), announce(socket, family))),
        catchError((error: unknown) => (error instanceof InputError ? EMPTY : throwError(() => error))),
      ),
    );
    return merge(...families);
  });

/** What somebody in the local network says; undefined for anything else. */
const announceIn = ({ bytes, from }: Datagram): LsdAnnounce | undefined => {
  if (reachOf(from.host) === PUBLIC) return undefined;
  try {
    return decodeLsd(bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};
