import { defer } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { HttpReply } from '../../contracts/network.ts';
import { TrackerError } from '../../contracts/errors.ts';
import {
  type AnnounceReply,
  type AnnounceSuccess,
  announceUrl,
  decodeAnnounceReply,
  MAX_REPLY_BYTES,
} from '../../protocol/tracker/httpTrackerReply.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import type { Announce } from './announce.ts';
import { getByEach, Ways } from './families.ts';
import type { Given } from './trackerAddresses.ts';

/** Milliseconds. */
export const ANNOUNCE_TIMEOUT = 15_000;
/** Milliseconds for `stopped`: the user waits for it at the end. */
export const STOPPED_TIMEOUT = 3000;

/** Parameters that a tracker's URL must not contain: they would replace ours. */
const OURS = ['info_hash', 'peer_id', 'port', 'uploaded', 'downloaded', 'left', 'event', 'compact', 'numwant'];

/**
 * Announces once over HTTP, by each address family of the tracker's host, concurrently (BEP 7).
 *
 * ```
 *   subscribe  -----(r|)
 *   failure    --#          TrackerError: failure-reason, with the tracker's words and when to ask again (BEP 31)
 *   silence    15s #        timeout; 3 s for `stopped`
 * ```
 *
 * Also errors with a `TrackerError` for an unsuccessful status (`http-status`), for an invalid reply (`malformed`), for
 * a URL that would make us send anything but an announce (`refused-address`), and with those of `httpGet`. BEP 3, 7,
 * 23, 31.
 */
export const announceOverHttp =
  (
    env: Pick<Env, 'httpGet'> & Partial<Pick<Env, 'resolve'>>,
    given: Given = () => false,
    memory = new Ways(),
  ): Announce =>
  (url, query, { more } = {}) =>
    defer(() => {
      const foreign = URL.canParse(url) ? OURS.find((name) => new URL(url).searchParams.has(name)) : undefined;
      if (foreign !== undefined)
        throw new TrackerError('refused-address', `${shownUrl(url)}: has a ${foreign} of its own`, {
          retryIn: 'never',
        });
      const timeout = query.event === 'stopped' ? STOPPED_TIMEOUT : ANNOUNCE_TIMEOUT;
      // A torrent may name a service on this machine or in this network: only a tracker's path is requested there.
      const wary = given(url) ? {} : { loopbackPath: '/announce', stranger: true };
      const request = {
        url: announceUrl(url, query),
        maxBytes: MAX_REPLY_BYTES,
        timeout,
        ...wary,
        ...(more !== undefined && { keep: more }),
      };
      return getByEach(env, request, memory, (reply) => success(url, reply));
    });

const success = (url: string, { status, body }: HttpReply): AnnounceSuccess => {
  const reply = decoded(url, status, body);
  if (reply.type === 'failure')
    throw new TrackerError('failure-reason', `${shownUrl(url)}: says "${reply.reason}"`, reply);
  if (status >= 300) throw new TrackerError('http-status', `${shownUrl(url)}: HTTP status ${status}`, { status });
  return reply;
};

const decoded = (url: string, status: number, body: Uint8Array): AnnounceReply => {
  try {
    return decodeAnnounceReply(body);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    // Trackers explain a failure under any status. Without an explanation the status is all there is to tell.
    if (status >= 300)
      throw new TrackerError('http-status', `${shownUrl(url)}: HTTP status ${status}`, { cause: error, status });
    throw new TrackerError('malformed', `${shownUrl(url)}: not the answer of a tracker: ${error.message}`, {
      cause: error,
    });
  }
};
