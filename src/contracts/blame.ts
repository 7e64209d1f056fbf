import { NetworkError, type NetworkCode, type PeerCode, PeerError, type TrackerCode, TrackerError } from './errors.ts';

const PEER_CODES: Readonly<Partial<Record<NetworkCode, PeerCode>>> = {
  refused: 'refused',
  reset: 'reset',
  timeout: 'timeout',
  'no-room': 'no-room',
  'encrypts-only': 'encrypts-only',
};

/**
 * Makes a failure of the network on the way to a peer a `PeerError` with the same words: `refused`, `reset`, `timeout`,
 * `no-room`, `encrypts-only`, and `unreachable` for every other code. Any other error is returned as it is. `handshake`
 * does so for the wires that it is given.
 *
 * ```ts
 * env.connect(address).pipe(catchError((error) => throwError(() => asPeerError(error))))
 * ```
 */
export const asPeerError = (error: unknown): unknown =>
  error instanceof NetworkError
    ? new PeerError(PEER_CODES[error.code] ?? 'unreachable', error.message, { cause: error })
    : error;

const TRACKER_CODES: Readonly<Partial<Record<NetworkCode, TrackerCode>>> = {
  timeout: 'timeout',
  malformed: 'malformed',
  'bad-url': 'malformed',
  'http-status': 'http-status',
  'unsupported-scheme': 'unsupported-scheme',
  'refused-address': 'refused-address',
};

/**
 * Makes a failure of the network on the way to a tracker a `TrackerError` with the same words: `unreachable` for every
 * failure between us and the tracker. A tracker whose URL itself is at fault is never asked again. Any other error is
 * returned as it is.
 */
export const asTrackerError = (error: unknown): unknown =>
  error instanceof NetworkError
    ? new TrackerError(TRACKER_CODES[error.code] ?? 'unreachable', error.message, {
        cause: error,
        retryIn: error.lasting ? 'never' : undefined,
      })
    : error;
