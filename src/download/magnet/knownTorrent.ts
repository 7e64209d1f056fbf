import type { Observable } from 'rxjs';
import { distinctPeers } from '../../../operators/distinctPeers.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { Block } from '../../contracts/peer.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { downloadSession, type SessionContext } from '../session/conversation.ts';
import { isMagnet, type Source } from '../source.ts';
import type { TorrentSwarm } from '../swarm/torrentSwarm.ts';
import { resolveMagnet, type ResolveMagnetOptions } from './resolveMagnet.ts';

/** The blocks that peers send, once the context of a conversation is known. To be subscribed to once. */
export type BlocksOf = (context: SessionContext) => Observable<Block>;

/**
 * Goes on with the torrent, and with what makes blocks of it: at once for a .torrent, and for a magnet link when peers
 * have sent its info dictionary; then with these peers.
 */
export const knownTorrent = (
  source: Source,
  env: Env,
  swarm: TorrentSwarm,
  options: ResolveMagnetOptions,
  goOn: (torrent: Torrent, blocksOf: BlocksOf) => Observable<DownloadEvent>,
): Observable<DownloadEvent> => {
  if (isMagnet(source)) return resolveMagnet(source, env, swarm, options, goOn);
  const { places } = swarm;
  return goOn(source, (context) =>
    options.blocks(swarm.addresses(), { distinct: distinctPeers(), session: downloadSession(env, context), places }),
  );
};
