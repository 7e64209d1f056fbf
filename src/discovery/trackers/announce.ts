import type { Observable } from 'rxjs';
import type { AnnounceQuery, AnnounceSuccess } from '../../protocol/tracker/httpTrackerReply.ts';

/**
 * Announces us to one tracker, and emits its replies: one for each address family, if it is asked by both (BEP 7).
 * Errors with a `TrackerError` if there is no reply at all. There is one such function for each URL scheme.
 */
export type Announce = (url: string, query: AnnounceQuery, manner?: Manner) => Observable<AnnounceSuccess>;

export interface Manner {
  /** Another request to the same host follows in a moment. Default: false. */
  readonly more?: boolean;
  /** Is called when the announce leaves, if that is known: over UDP, where it follows a first exchange. */
  readonly sent?: (() => void) | undefined;
}
