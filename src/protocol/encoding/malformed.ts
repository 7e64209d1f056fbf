/**
 * Bytes that do not mean anything. Codecs know what is wrong, not who sent it: whoever knows the sender turns this
 * into its own kind of error (`PeerError`, `TrackerError`, `InputError`) with this one as `cause`.
 */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  /** What was being read, for example `bitfield` or `info.piece length`. */
  readonly what: string;

  constructor(what: string, expected: string, got: string | number) {
    super(`${what}: expected ${expected}, got ${got}`);
    this.what = what;
  }
}
