import type { Scraped } from '../../discovery/trackers/scrape.ts';
import type { Announced, TrackerStatus, Warning } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { eventLine, hostPort } from './events.ts';
import { counted } from '../io/units.ts';

/** An address that a source named. */
export type PeerEvent = ToldAs<'peer'>;

/** What a tracker counts. */
export type ScrapedEvent = ToldAs<'scraped'>;

export const peerEvent = ({ host, port, source }: PeerAddress): PeerEvent => ({ type: 'peer', host, port, source });

export const scrapedEvent = (url: string, { complete, incomplete, downloaded }: Scraped): ScrapedEvent => ({
  type: 'scraped',
  url,
  seeds: complete,
  leechers: incomplete,
  downloads: downloaded,
});

const scrapedLine = ({ url, seeds, leechers, downloads }: ScrapedEvent): string =>
  `${shownUrl(url)}  ${counted(seeds, 'seed')}, ${counted(leechers, 'leecher')}, ${counted(downloads, 'download')}`;

/** One line for the user, if the event is shown. */
export const peerLine = (
  event: PeerEvent | ScrapedEvent | Announced | TrackerStatus | Warning,
  verbose: boolean,
): string | undefined => {
  if (event.type === 'peer') return `${hostPort(event)}  ${event.source}`;
  if (event.type === 'scraped') return scrapedLine(event);
  return eventLine(event, verbose);
};
