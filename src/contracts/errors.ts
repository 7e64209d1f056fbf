import { RxTorrentError } from '../protocol/encoding/rxTorrentError.ts';

/**
 * The class of an error says whose fault it is; {@link verdict} says what follows. Callers match on `name` and `code`;
 * `message` is one line for the user: what failed, where, and what to try. The original error is in `cause`. All errors
 * here are `RxTorrentError`s.
 */
export { Malformed } from '../protocol/encoding/malformed.ts';
export { RxTorrentError } from '../protocol/encoding/rxTorrentError.ts';

export type InputCode = 'bad-bencode' | 'bad-metainfo' | 'bad-magnet' | 'bad-option' | 'unsafe-path' | 'unsupported';

/** The user gave input that can't be used. Fatal; the CLI exits with 2. */
export class InputError extends RxTorrentError<InputCode> {
  override readonly name = 'InputError';
}

/** Offences that an honest peer never commits: the peer is banned. */
export type BanCode = 'malformed' | 'oversized' | 'unexpected' | 'corrupt';
/** Causes that make a peer useless to us, now and later: the peer is dropped. */
export type DropCode = 'wrong-info-hash' | 'self' | 'useless';
/**
 * Causes that may be gone in a minute: the peer rests and is tried again. `no-room` means that this machine had no
 * descriptor or memory for one more connection, or that the address which all leaves from is gone. That is no fault of
 * the peer: the failure is not counted, and the peer is dialled again within seconds. `encrypts-only` means that the
 * peer hung up on a plain handshake: it is dialled again at once, encrypted.
 */
export type RetryCode =
  | 'duplicate'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'silent'
  | 'reset'
  | 'no-room'
  | 'encrypts-only';
export type PeerCode = BanCode | DropCode | RetryCode;

/** A remote peer is at fault. This error never leaves `swarm`. */
export class PeerError extends RxTorrentError<PeerCode> {
  override readonly name = 'PeerError';
}

/**
 * What went wrong on the way to a host, or with what the host sent:
 *
 * | code | |
 * | --- | --- |
 * | `unreachable` | there is no route, or no answer to the lookup of the name |
 * | `unknown-host` | there is no host of that name |
 * | `refused` | no program listens there |
 * | `reset` | the connection was reset |
 * | `timeout` | no connection, or no whole answer, in time |
 * | `untrusted` | no secure connection can be made, or it leads to another host: TLS and certificates |
 * | `malformed` | the answer is not HTTP, can't be decompressed, is too long, or redirects in a circle |
 * | `http-status` | a web server answered with a status that is not a success |
 * | `bad-url`, `unsupported-scheme` | the URL is malformed, or neither http nor https |
 * | `refused-address` | the URL leads to an address that a stranger must not send us to |
 * | `encrypts-only` | the peer hung up on a plain handshake, and may want an encrypted one |
 * | `no-room` | this machine has no descriptor or memory for one more connection, or its address is gone |
 * | `port-taken` | another program has the port |
 * | `port-denied` | the system does not permit this program to bind the port |
 * | `no-address` | this machine does not have the address to bind |
 */
export type NetworkCode =
  | 'unreachable'
  | 'unknown-host'
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'untrusted'
  | 'malformed'
  | 'http-status'
  | 'bad-url'
  | 'unsupported-scheme'
  | 'refused-address'
  | 'encrypts-only'
  | 'no-room'
  | 'port-taken'
  | 'port-denied'
  | 'no-address';

/**
 * The network failed, and it is not known yet whose fault that is: `Env`'s functions of the network error with this. A
 * caller that knows which host was asked makes it a `PeerError` ({@link asPeerError}) or a `TrackerError`
 * ({@link asTrackerError}). `message` is `where: why`.
 */
export class NetworkError extends RxTorrentError<NetworkCode> {
  override readonly name = 'NetworkError';
  /** What was to be reached, as the user reads it: a URL without its secrets, `host:port`, `TCP port 80`. */
  readonly where: string;
  /** What went wrong there, in words for the user. */
  readonly why: string;
  /** True if the address itself is at fault, so that a later attempt would fail as well. */
  readonly lasting: boolean;

  constructor(
    code: NetworkCode,
    where: string,
    why: string,
    { lasting = false, ...options }: ErrorOptions & { readonly lasting?: boolean } = {},
  ) {
    super(code, `${where}: ${why}`, options);
    this.where = where;
    this.why = why;
    this.lasting = lasting;
  }
}

export type TrackerCode =
  | 'failure-reason'
  | 'http-status'
  | 'timeout'
  | 'malformed'
  | 'unsupported-scheme'
  | 'unreachable'
  | 'refused-address';

/** A tracker is at fault. This error never leaves `trackerPeers`; the user sees it as a `Warning`. */
export class TrackerError extends RxTorrentError<TrackerCode> {
  override readonly name = 'TrackerError';
  /** BEP 31: minutes until the tracker may be asked again, or 'never'. */
  readonly retryIn: number | 'never' | undefined;
  /** `failure-reason`: the tracker's own words. */
  readonly reason: string | undefined;
  /** `http-status`: the status. */
  readonly status: number | undefined;

  constructor(code: TrackerCode, message: string, options: TrackerErrorOptions = {}) {
    super(code, message, options);
    this.retryIn = options.retryIn;
    this.reason = options.reason;
    this.status = options.status;
  }
}

export interface TrackerErrorOptions extends ErrorOptions {
  readonly retryIn?: number | 'never' | undefined;
  readonly reason?: string | undefined;
  readonly status?: number | undefined;
}

export type StorageCode = 'full' | 'denied' | 'missing' | 'short-read' | 'io' | 'locked' | 'occupied';

/** This machine's disk failed. Fatal except for `full`, which is waited for; the CLI exits with 3. */
export class StorageError extends RxTorrentError<StorageCode> {
  override readonly name = 'StorageError';
}

/** A defect of ours. Crash loudly; the CLI exits with 70. */
export class InvariantError extends RxTorrentError<'defect'> {
  override readonly name = 'InvariantError';

  constructor(message: string, options?: ErrorOptions) {
    super('defect', message, options);
  }
}

export type Verdict = 'retry' | 'drop' | 'ban' | 'fatal';

const verdicts: Record<PeerCode, Verdict> = {
  malformed: 'ban',
  oversized: 'ban',
  unexpected: 'ban',
  corrupt: 'ban',
  'wrong-info-hash': 'drop',
  self: 'drop',
  useless: 'drop',
  duplicate: 'retry',
  refused: 'retry',
  unreachable: 'retry',
  timeout: 'retry',
  silent: 'retry',
  reset: 'retry',
  'no-room': 'retry',
  'encrypts-only': 'retry',
};

/** What follows from an error. An unknown error is `fatal`, so that defects surface. */
export const verdict = (error: unknown): Verdict => {
  if (error instanceof PeerError) return verdicts[error.code];
  if (error instanceof TrackerError) return error.retryIn === 'never' ? 'drop' : 'retry';
  if (error instanceof NetworkError) return error.lasting ? 'drop' : 'retry';
  return 'fatal';
};
