/**
 * What all errors of this library are: `name` says whose fault it is, `code` what happened, `message` is one line for
 * the user, and the original error is in `cause`.
 */
export abstract class RxTorrentError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
