import {
  concat,
  defer,
  map,
  mergeMap,
  type Observable,
  type OperatorFunction,
  reduce,
  throwError,
  timeout,
} from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import { TrackerError } from '../../contracts/errors.ts';
import { MAX_REPLY_BYTES } from '../../protocol/tracker/httpTrackerReply.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { decodeScrapeReply, scrapeUrl, type ScrapeCounts } from '../../protocol/tracker/scrapeReply.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { encodeScrape, MAX_SCRAPED } from '../../protocol/tracker/udpTrackerPackets.ts';
import { getByEach, Ways } from './families.ts';
import type { Given } from './trackerAddresses.ts';
import { askOverUdp } from './udpTracker.ts';
import type { UdpEnv } from './udpConversation.ts';
import { UdpMemory } from './udpMemory.ts';

/** Milliseconds for one answer. */
export const SCRAPE_TIMEOUT = 15_000;

export type ScrapeEnv = Pick<Env, 'httpGet'> & UdpEnv;

/** What a tracker knows about one of the torrents. */
export interface Scraped extends ScrapeCounts {
  readonly infoHash: Uint8Array;
}

/**
 * Asks a tracker how many peers have a torrent, without becoming one of them.
 *
 * ```
 *   scrape(env, url, [a, b])  -----(ab|)    in the order asked; without those that the tracker does not know
 *   silence                   15s #
 * ```
 *
 * `url` is the announce URL. The tracker is asked by each address family of its host; the larger counts are emitted.
 * Many torrents are asked about in several packets or requests of 74. Errors with a `TrackerError`:
 * `unsupported-scheme` for a tracker that has no scrape, `failure-reason`, `malformed`, and those of announces. BEP 15,
 * 48.
 */
export const scrape = (
  env: ScrapeEnv,
  url: string,
  infoHashes: readonly Uint8Array[],
  given: Given = () => false,
): Observable<Scraped> =>
  defer(() => {
    const portions: (readonly Uint8Array[])[] = [];
    for (let at = 0; at < infoHashes.length; at += MAX_SCRAPED) portions.push(infoHashes.slice(at, at + MAX_SCRAPED));
    const ask = /^udp:/i.test(url) ? scrapeOverUdp(env, url, given) : scrapeOverHttp(env, url, given);
    return concat(...portions.map((infoHashes) => ask(infoHashes).pipe(together(infoHashes))));
  });

/**
 * Asks for the counts of torrents, in order, undefined for unknown ones. There is one answer for each address family.
 */
type Ask = (infoHashes: readonly Uint8Array[]) => Observable<readonly (ScrapeCounts | undefined)[]>;

/** A peer may be counted by one family or by both, so the larger count is the best estimate. */
const together =
  (infoHashes: readonly Uint8Array[]): OperatorFunction<readonly (ScrapeCounts | undefined)[], Scraped> =>
  (answers$) =>
    answers$.pipe(
      reduce((one, other) => infoHashes.map((_, index) => larger(one[index], other[index]))),
      mergeMap((counts) => infoHashes.map((infoHash, index) => ({ infoHash, counts: counts[index] }))),
      mergeMap(({ infoHash, counts }) => (counts === undefined ? [] : [{ infoHash, ...counts }])),
    );

const larger = (one: ScrapeCounts | undefined, other: ScrapeCounts | undefined): ScrapeCounts | undefined => {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    complete: Math.max(one.complete, other.complete),
    incomplete: Math.max(one.incomplete, other.incomplete),
    downloaded: Math.max(one.downloaded, other.downloaded),
  };
};

const scrapeOverUdp = (env: UdpEnv, url: string, given: Given): Ask => {
  const ask = askOverUdp(env, given, new UdpMemory());
  const silent = () => new TrackerError('timeout', `${shownUrl(url)}: no answer within ${SCRAPE_TIMEOUT / 1000} s`);
  return (infoHashes) =>
    ask(url, { type: 'scrape', encode: (id, transaction) => encodeScrape(id, transaction, infoHashes) }).pipe(
      timeout({ first: SCRAPE_TIMEOUT, with: () => throwError(silent) }),
      map(({ counts }) => counts),
    );
};

const scrapeOverHttp = (env: ScrapeEnv, url: string, given: Given): Ask => {
  const wary = given(url) ? {} : { loopbackPath: '/scrape', stranger: true };
  const memory = new Ways();
  return (infoHashes) =>
    defer(() => {
      const asked = scrapeUrl(url, infoHashes);
      if (asked === undefined)
        throw new TrackerError('unsupported-scheme', `${shownUrl(url)}: has no scrape`, { retryIn: 'never' });
      const request = { url: asked, maxBytes: MAX_REPLY_BYTES, timeout: SCRAPE_TIMEOUT, ...wary };
      return getByEach(env, request, memory, ({ status, body }) => decoded(url, status, body));
    }).pipe(map((known) => infoHashes.map((infoHash) => known.get(Buffer.from(infoHash).toString('latin1')))));
};

const decoded = (url: string, status: number, body: Uint8Array): ReadonlyMap<string, ScrapeCounts> => {
  try {
    const reply = decodeScrapeReply(body);
    if (reply.type === 'failure') throw new TrackerError('failure-reason', `${shownUrl(url)}: says "${reply.reason}"`);
    if (status >= 300) throw new TrackerError('http-status', `${shownUrl(url)}: HTTP status ${status}`, { status });
    return reply.files;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    if (status >= 300)
      throw new TrackerError('http-status', `${shownUrl(url)}: HTTP status ${status}`, { cause: error, status });
    throw new TrackerError('malformed', `${shownUrl(url)}: not the answer to a scrape: ${error.message}`, {
      cause: error,
    });
  }
};
