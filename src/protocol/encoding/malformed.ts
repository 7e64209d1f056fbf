import { RxTorrentError } from './rxTorrentError.ts';

/**
 * Thrown by codecs for invalid input. A codec knows what is wrong, but not which peer sent it: the caller that knows
 * the sender turns this into its own kind of error (`PeerError`, `TrackerError`, `InputError`) with this one as
 * `cause`.
 */
export class Malformed extends RxTorrentError<'malformed'> {
  override readonly name = 'Malformed';
  /** What was being read, for example `bitfield` or `info.piece length`. */
  readonly what: string;

  constructor(what: string, expected: string, got: string | number) {
    super('malformed', `${what}: expected ${expected}, got ${got}`);
    this.what = what;
  }
}
