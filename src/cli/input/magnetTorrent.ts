import type { PeerSource } from '../../contracts/network.ts';
import { fetchTorrent } from '../../download/magnet/fetchTorrent.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { Funnel } from '../../torrent/stats/funnel.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { awaited } from '../run/awaited.ts';
import { Deadline } from '../io/deadline.ts';
import { discovery, trackersFor } from './discoveryOptions.ts';
import type { Given, Io } from '../io/io.ts';
import { wholeNumber } from '../args/values.ts';
import { reporting } from '../views/report.ts';
import { live } from '../views/live.ts';
import { visible } from '../io/text.ts';
import { loggedWorld } from '../log/loggedWorld.ts';

/** Seconds until the search is given up, by default. */
const WITHIN = 60;

/** Fetches the torrent of a magnet link from peers, until the user's time limit, if there is one. @throws GaveUp */
export const magnetTorrent = async (
  magnet: MagnetLink,
  given: Given,
  io: Io,
  deadline = new Deadline(WITHIN),
): Promise<Torrent> => {
  const port = wholeNumber(given, 'port', 1, 65_535) ?? 0;
  let say = io.say;
  const env = await loggedWorld(given, (line) => say(line), io.stopped);
  const found = discovery(given, env);
  const named = { ...found, peers: [...(found.peers ?? []), ...magnet.peers] };
  const trackers = trackersFor(
    { ...magnet, private: false },
    { ...found, peers: named.peers.map((each) => ({ source: 'manual', ...each })) },
  );
  for (const part of magnet.ignored) io.say(`not used: ${part}`);
  const view = await live(
    io,
    `asking what ${visible(magnet.name ?? toHex(magnet.infoHash))} is`,
    io.json !== undefined,
  );
  say = (line) => view.say(line);
  const report = reporting(given, { json: io.json, say: (line) => view.say(line) }, toHex(magnet.infoHash));
  const funnel = new Funnel<PeerSource>();
  const torrent$ = fetchTorrent(magnet, env, { ...found, trackers, port, report, funnel });
  try {
    return await awaited(
      torrent$,
      { missed: 'no peer has sent the metadata of the link', given, deadline, funnel, view },
      io,
    );
  } finally {
    view.end();
  }
};
