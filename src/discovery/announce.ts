import type { Observable } from 'rxjs';
import type { AnnounceQuery, AnnounceSuccess } from '../protocol/httpTracker.ts';

/** Tells one tracker about us and emits its one reply. Errors with a `TrackerError`. One for each scheme of URL. */
export type Announce = (url: string, query: AnnounceQuery) => Observable<AnnounceSuccess>;
