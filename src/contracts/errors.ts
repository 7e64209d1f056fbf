import { RxTorrentError } from '../protocol/encoding/rxTorrentError.ts';

/**
 * First question: whose fault? That is the class. Second: what follows? That is {@link verdict}. Users match on
 * `name` and `code`; `message` is one line for people: what, where, what to try. The original error is in `cause`. All
 * of them are `RxTorrentError`s.
 */
export { Malformed } from '../protocol/encoding/malformed.ts';
export { RxTorrentError } from '../protocol/encoding/rxTorrentError.ts';

export type InputCode = 'bad-bencode' | 'bad-metainfo' | 'bad-magnet' | 'bad-option' | 'unsafe-path' | 'unsupported';

/** The user gave something that can't be used. Fatal; the CLI exits with 2. */
export class InputError extends RxTorrentError<InputCode> {
  override readonly name = 'InputError';
}

/** What a peer did that it never would if it were honest: it is banned. */
export type BanCode = 'malformed' | 'oversized' | 'unexpected' | 'corrupt';
/** What makes a peer of no use to us, today and tomorrow: it is dropped. */
export type DropCode = 'wrong-info-hash' | 'self' | 'useless';
/**
 * What may be otherwise in a minute: the peer rests and is tried again. `no-room`, that this machine had no descriptor
 * or memory for one more connection, says nothing of the peer: it is not counted, and the peer is dialled again in
 * seconds.
 */
export type RetryCode = 'duplicate' | 'refused' | 'unreachable' | 'timeout' | 'silent' | 'reset' | 'no-room';
export type PeerCode = BanCode | DropCode | RetryCode;

/** A remote peer is at fault. Never travels beyond `swarm`. */
export class PeerError extends RxTorrentError<PeerCode> {
  override readonly name = 'PeerError';
}

/**
 * What went wrong on the way there, or with what came from there:
 *
 * | code | |
 * | --- | --- |
 * | `unreachable` | no way leads there, or nobody can say where it is |
 * | `unknown-host` | there is no host of that name |
 * | `refused` | nobody listens there |
 * | `reset` | the connection was cut off |
 * | `timeout` | no connection, or no whole answer, in time |
 * | `untrusted` | no secure connection can be made, or it leads to another host: TLS and certificates |
 * | `malformed` | what came is no HTTP, can't be decompressed, is too long, or leads round and round |
 * | `http-status` | a web server answered, but not with what was asked for |
 * | `bad-url`, `unsupported-scheme` | the URL is none, or not one of http and https |
 * | `refused-address` | it leads to an address where nobody may send us |
 * | `no-room` | this machine has no descriptor or memory for one more connection or socket |
 * | `port-taken` | another program has the port |
 * | `port-denied` | the system does not permit this program to bind the port |
 * | `no-address` | there is no such address on this machine to bind |
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
  | 'no-room'
  | 'port-taken'
  | 'port-denied'
  | 'no-address';

/**
 * The network failed, and nobody knows yet whose fault that is: what the network side of `Env` errors with. Whoever
 * knows whom it was about makes it a `PeerError` ({@link asPeerError}) or a `TrackerError` ({@link asTrackerError}).
 * `message` is `where: why`.
 */
export class NetworkError extends RxTorrentError<NetworkCode> {
  override readonly name = 'NetworkError';
  /** What was to be reached, for people: a URL as it may be shown, `host:port`, `TCP port 80`. */
  readonly where: string;
  /** What went wrong there, for people. */
  readonly why: string;
  /** It is the address itself that can't be asked, today and tomorrow. */
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

/** A tracker is at fault. Never travels beyond `trackerPeers`; people see it as a `Warning`. */
export class TrackerError extends RxTorrentError<TrackerCode> {
  override readonly name = 'TrackerError';
  /** BEP 31: minutes after which to ask again, or 'never'. */
  readonly retryIn: number | 'never' | undefined;
  /** `failure-reason`: the tracker's own words. */
  readonly reason: string | undefined;
  /** `http-status`: which. */
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

/** This machine's disk can't do it. Fatal but for `full`, which is waited for; the CLI exits with 3. */
export class StorageError extends RxTorrentError<StorageCode> {
  override readonly name = 'StorageError';
}

/** Our own defect. Crash loudly; the CLI exits with 70. */
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
};

/** What follows from an error: total, and `fatal` for whatever it does not know, so that defects surface. */
export const verdict = (error: unknown): Verdict => {
  if (error instanceof PeerError) return verdicts[error.code];
  if (error instanceof TrackerError) return error.retryIn === 'never' ? 'drop' : 'retry';
  if (error instanceof NetworkError) return error.lasting ? 'drop' : 'retry';
  return 'fatal';
};
