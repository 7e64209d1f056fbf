import { BOOTSTRAP } from '../../discovery/dht/bootstrap.ts';
import type { SeenOutside } from '../../node.ts';
import type { Env } from '../../contracts/env.ts';
import type { SourceOptions } from '../../discovery/peerSources.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { give } from '../io/advice.ts';
import { GaveUp } from '../io/exit.ts';
import type { Given } from '../io/io.ts';
import { mayKeep } from './newFile.ts';
import { defaultNodeFile, keptNode } from './nodeFile.ts';
import { address, flag, text, texts, trackerAddress, webSeedAddress, wholeNumber } from '../args/values.ts';

const PORT = 6881;

/** The sources of peers, checked as far as possible without the torrent. */
export interface Discovery extends Pick<SourceOptions, 'dht$' | 'lsd' | 'peers'> {
  readonly moreTrackers: readonly string[];
  readonly pex: boolean;
  /** Web seeds that the user has named; false for none at all. */
  readonly webSeeds: readonly string[] | false;
  /** Use the torrent's own trackers, too. */
  readonly own: boolean;
  /** Advice for the user when there is no source. */
  readonly advice: string;
}

export const webSeedsOf = (given: Given): Discovery['webSeeds'] =>
  !flag(given, 'no-web-seeds') && texts(given, 'web-seed').map((each) => webSeedAddress('web-seed', each));

export const discovery = (
  given: Given,
  env: Env & Partial<SeenOutside>,
  nodeOf: typeof keptNode = keptNode,
): Discovery => {
  const bootstrap = texts(given, 'bootstrap').map((each) => address('bootstrap', each));
  const port = wholeNumber(given, 'dht-port', 1, 65_535) ?? wholeNumber(given, 'port', 1, 65_535) ?? PORT;
  const named = text(given, 'node-file');
  if (named !== undefined && !flag(given, 'no-dht')) mayKeep(named);
  const file = named ?? defaultNodeFile();
  return {
    advice: give(given, 'a'),
    peers: texts(given, 'peer').map((each) => address('peer', each)),
    moreTrackers: texts(given, 'tracker').map((each) => trackerAddress('tracker', each)),
    webSeeds: webSeedsOf(given),
    own: !flag(given, 'no-trackers'),
    // With a proxy, or anonymously, nothing is said to the local network.
    lsd: !flag(given, 'no-lsd') && given['proxy'] === undefined && !flag(given, 'anonymous'),
    pex: !flag(given, 'no-pex'),
    ...(!flag(given, 'no-dht') && {
      dht$: nodeOf(env, file, {
        port,
        bootstrap: bootstrap.length > 0 ? bootstrap : BOOTSTRAP,
        outside$: env.outside$,
      }),
    }),
  };
};

/** The trackers to ask, in tiers. */
export const trackersOf = (
  torrent: Pick<Torrent, 'announce'>,
  { own, moreTrackers }: Discovery,
): readonly (readonly string[])[] => [...(own ? torrent.announce : []), ...moreTrackers.map((url) => [url])];

/** The trackers to ask, in tiers; throws if there is no source of peers at all. */
export const trackersFor = (
  torrent: Pick<Torrent, 'announce' | 'private'> &
    Partial<Pick<MagnetLink, 'sources'> & Pick<Torrent, 'webSeeds' | 'httpSeeds'>>,
  found: Discovery,
) => {
  const { peers = [], dht$, lsd, webSeeds, advice } = found;
  const trackers = trackersOf(torrent, found);
  const { webSeeds: own = [], httpSeeds = [] } = torrent;
  if (webSeeds !== false && webSeeds.length + own.length + httpSeeds.length > 0) return trackers;
  if (trackers.length > 0 || peers.length > 0 || (torrent.sources ?? []).length > 0) return trackers;
  // BEP 27.
  if (torrent.private)
    throw new GaveUp(
      'no-peers',
      `no source of peers: the torrent is private, so only trackers may name peers${advice}`,
    );
  if (dht$ === undefined && lsd !== true) throw new GaveUp('no-peers', `no source of peers${advice}`);
  return trackers;
};
