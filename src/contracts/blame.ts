import { NetworkError, type NetworkCode, type PeerCode, PeerError, type TrackerCode, TrackerError } from './errors.ts';

const PEER_CODES: Readonly<Partial<Record<NetworkCode, PeerCode>>> = {
  refused: 'refused',
  reset: 'reset',
  timeout: 'timeout',
  'no-room': 'no-room',
};

/**
 * A failure of the network on the way to a peer is a `PeerError`, with the same words: `refused`, `reset`, `timeout`,
 * `no-room`, and `unreachable` for whatever else there is. Any other error as it is. `handshake` does so for the wires
 * it gets.
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
 * A failure of the network on the way to a tracker is a `TrackerError`, with the same words: `unreachable` for all that
 * lies between it and us. It is never asked again where its URL itself is at fault. Any other error as it is.
 */
export const asTrackerError = (error: unknown): unknown =>
  error instanceof NetworkError
    ? new TrackerError(TRACKER_CODES[error.code] ?? 'unreachable', error.message, {
        cause: error,
        retryIn: error.lasting ? 'never' : undefined,
      })
    : error;
