import { takeUntil, tap, timer } from 'rxjs';
import type { DownloadEvent, PeerSource } from '../env.ts';
import { fetchTorrent } from '../fetchTorrent.ts';
import { Funnel } from '../torrent/funnel.ts';
import type { MagnetLink } from '../torrent/magnet.ts';
import type { Torrent } from '../torrent/metainfo.ts';
import { discovery, trackersFor } from './discovery.ts';
import { GaveUp } from './exit.ts';
import { follow } from './follow.ts';
import type { Given, Io } from './io.ts';
import { flag, seconds, wholeNumber } from './values.ts';
import { eventLine, told } from './views/events.ts';
import { funnelLines } from './views/funnel.ts';
import { worldOf } from './world.ts';

/** Seconds until it is given up. */
const WITHIN = 60;

/** The torrent that a magnet link stands for, from whoever has it. @throws GaveUp */
export const fetched = async (magnet: MagnetLink, given: Given, io: Io): Promise<Torrent> => {
  const within = seconds(given, 'timeout') ?? WITHIN;
  const port = wholeNumber(given, 'port', 1, 65_535) ?? 6881;
  const env = await worldOf(given, io.say);
  const found = discovery(given, env);
  const named = { ...found, peers: [...(found.peers ?? []), ...magnet.peers] };
  const trackers = trackersFor({ ...magnet, private: false }, { ...found, peers: named.peers.map((each) => ({ source: 'manual', ...each })) });
  const funnel = new Funnel<PeerSource>();
  const report = (event: DownloadEvent): void => {
    const line = eventLine(event, told(given, event));
    if (line !== undefined && !flag(given, 'json')) io.say(line);
  };
  for (const part of magnet.ignored) io.say(`not used: ${part}`);
  let late = false;
  let torrent: Torrent | undefined;
  const torrent$ = fetchTorrent(magnet, env, { ...found, trackers, port, report, funnel });
  await follow(torrent$.pipe(takeUntil(timer(within * 1000).pipe(tap(() => (late = true))))), io, (value) => (torrent = value));
  if (torrent !== undefined) return torrent;
  const why = funnelLines({ type: 'funnel', sources: funnel.rows }).join('; ') || 'nobody was named';
  const how = late ? ` within ${within} s` : ', and nobody is left to ask';
  throw new GaveUp(late ? 'timeout' : 'no-peers', `nobody has told what the link stands for${how} (${why}): try again later, or give a --tracker or --peer`);
};
