import type { Observable } from 'rxjs';
import type { PeerAddress } from '../../contracts/network.ts';
import { InputError } from '../../contracts/errors.ts';
import { parseId } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import type { DhtNode } from '../../discovery/dht/node.ts';
import type { Findable } from '../../discovery/peerSources.ts';
import { type MagnetLink, magnetOf, parseMagnet } from '../../torrent/metainfo/magnet.ts';
import { type Torrent, Unsupported } from '../../torrent/metainfo/metainfo.ts';
import type { Io } from '../io/io.ts';
import type { Web } from './torrentUrl.ts';
import { found, torrentIn } from './torrentFile.ts';
import type { Followed } from './publisher.ts';
import { readKeyLink } from './readKeyLink.ts';
import { INFO_HASH, said } from './stdin.ts';
import { visible } from '../io/text.ts';

/** What is needed to find peers and to greet them. */
export interface SourceArgument {
  readonly findable: Findable;
  /** Peers that the source names. */
  readonly peers: readonly PeerAddress[];
  /** If the torrent is known already. */
  readonly torrent?: Torrent;
  /** If it is not. */
  readonly magnet?: MagnetLink;
  /** If it was found by a publisher's key. */
  readonly followed?: Followed;
}

/** What a magnet link says without using the network. */
export const ofMagnet = (magnet: MagnetLink): SourceArgument => ({
  findable: magnet,
  peers: magnet.peers.map((each) => ({ ...each, source: 'manual' })),
  magnet,
});

/** The link that `source` is, or the one of an info-hash; undefined for anything else. @throws InputError */
export const readMagnet = (source: string | Uint8Array): MagnetLink | undefined => {
  if (typeof source !== 'string') return undefined;
  if (INFO_HASH.test(source)) return magnetOf(parseId(source));
  if (!/^\s*magnet:/i.test(source)) return undefined;
  if (readKeyLink(source) !== undefined)
    throw new InputError(
      'unsupported',
      `${visible(source)}: names a key, which only download, stream, dht and peers follow`,
    );
  try {
    return parseMagnet(source);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new InputError(error instanceof Unsupported ? 'unsupported' : 'bad-magnet', visible(error.message), {
      cause: error,
    });
  }
};

/**
 * What `source` says without asking any peer. It is typed by the user, `-` for stdin, or a torrent that was made here.
 * Which torrent a publisher's key names is asked of the DHT, if that is given.
 */
export const sourceArgument = async (
  source: string | Torrent,
  env: Web,
  io: Pick<Io, 'stopped' | 'say'>,
  dht$?: Observable<DhtNode>,
): Promise<SourceArgument> => {
  if (typeof source !== 'string') return { findable: source, peers: [], torrent: source };
  const it = await found(await said(source, io), io, env);
  const publisher = readKeyLink(it.what);
  if (publisher !== undefined) {
    const { followed } = await import('./publisher.ts');
    const led = await followed(String(it.what), publisher, dht$, io);
    return { ...ofMagnet(led.magnet), followed: led };
  }
  const magnet = readMagnet(it.what);
  if (magnet !== undefined) return ofMagnet(magnet);
  const torrent = await torrentIn(it, io);
  return { findable: torrent, peers: [], torrent };
};
