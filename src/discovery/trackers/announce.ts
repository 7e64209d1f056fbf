import type { Observable } from 'rxjs';
import type { AnnounceQuery, AnnounceSuccess } from '../../protocol/tracker/httpTrackerReply.ts';

/**
 * Tells one tracker about us, and emits its replies: one by each family of addresses, if it is asked by both (BEP 7).
 * Errors with a
 * `TrackerError`, if there is no reply at all. One for each scheme of URL.
 */
export type Announce = (url: string, query: AnnounceQuery, manner?: Manner) => Observable<AnnounceSuccess>;

export interface Manner {
  /** Somebody else is to speak with the same host in a moment. No if not given. */
  readonly more?: boolean;
}
