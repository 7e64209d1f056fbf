import type { Scraped } from '../../discovery/scrape.ts';
import type { Announced, PeerAddress, PeerSource, TrackerStatus, Warning } from '../../env.ts';
import { shownUrl } from '../../protocol/shownUrl.ts';
import { eventLine, hostPort } from './events.ts';
import { counted } from './units.ts';

/** An address that somebody named. */
export interface PeerEvent {
  readonly type: 'peer';
  readonly host: string;
  readonly port: number;
  readonly source: PeerSource;
}

/** What a tracker counts. */
export interface ScrapedEvent {
  readonly type: 'scraped';
  readonly url: string;
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
}

export const peerEvent = ({ host, port, source }: PeerAddress): PeerEvent => ({ type: 'peer', host, port, source });

export const scrapedEvent = (url: string, { complete, incomplete, downloaded }: Scraped): ScrapedEvent => ({
  type: 'scraped',
  url,
  complete,
  incomplete,
  downloaded,
});

/** One line for people, if they are to see the event. */
export const peerLine = (event: PeerEvent | ScrapedEvent | Announced | TrackerStatus | Warning, verbose: boolean): string | undefined => {
  if (event.type === 'peer') return `${hostPort(event)}  ${event.source}`;
  if (event.type === 'scraped')
    return `${shownUrl(event.url)}  ${counted(event.complete, 'seed')}, ${counted(event.incomplete, 'leecher')}, ${counted(event.downloaded, 'download')}`;
  return eventLine(event, verbose);
};
