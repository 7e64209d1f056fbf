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
/** Milliseconds; people wait for it when they leave. */
export const STOPPED_TIMEOUT = 3000;

/** A tracker's own parameter of that name would speak for us. */
const OURS = ['info_hash', 'peer_id', 'port', 'uploaded', 'downloaded', 'left', 'event', 'compact', 'numwant'];

/**
 * Announces once over HTTP, by each family that the tracker's name has an address of, beside each other (BEP 7).
 *
 * ```
 *   subscribe  -----(r|)
 *   failure    --#          TrackerError: failure-reason, with the tracker's words and when to ask again (BEP 31)
 *   silence    15s #        timeout; 3 s for `stopped`
 * ```
 *
 * Also errors with a `TrackerError` for a status that is no success (`http-status`), for bytes that are no reply
 * (`malformed`), for a URL that would make us say something else than an announce (`refused-address`), and with those
 * of
 * `httpGet`. BEP 3, 7, 23, 31.
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
      // A torrent may name a service of this machine or of this house: nothing but a tracker is asked there.
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
    // Trackers explain themselves under any status; those that don't have only the status to tell.
    if (status >= 300)
      throw new TrackerError('http-status', `${shownUrl(url)}: HTTP status ${status}`, { cause: error, status });
    throw new TrackerError('malformed', `${shownUrl(url)}: not the answer of a tracker: ${error.message}`, {
      cause: error,
    });
  }
};
