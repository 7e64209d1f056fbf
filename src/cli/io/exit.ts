import { InputError, NetworkError, PeerError, StorageError } from '../../contracts/errors.ts';

/**
 * Not complete: no peers, no progress within `--timeout`, a web server that is down, or `verify` found pieces missing.
 * The exit code is 4.
 */
export class GaveUp extends Error {
  override readonly name = 'GaveUp';
  readonly code: 'no-peers' | 'timeout' | 'unreachable' | 'incomplete' | 'outdated';

  constructor(code: GaveUp['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Makes an error of the peer the failure of a command about one peer; any other error is unchanged. */
export const gaveUp = (who: string, error: unknown, advice: string): unknown => {
  if (!(error instanceof PeerError)) return error;
  const why = error.code === 'refused' ? `${who}: connection refused` : error.message;
  return new GaveUp(error.code === 'timeout' ? 'timeout' : 'no-peers', `${why}: ${advice}`, { cause: error });
};

/** The user asked to stop: no message, the exit code is 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Some of several sources failed. Each error was reported when it happened; the exit code is that of the first. */
export class SomeFailed extends Error {
  override readonly name = 'SomeFailed';
  readonly first: unknown;

  constructor(failures: readonly unknown[], of: number) {
    super(`${failures.length} of ${of} torrents failed`, { cause: failures[0] });
    this.first = failures[0];
  }
}

/** The exit code for the shell. */
export const exitCode = (error: unknown): number => {
  if (error instanceof SomeFailed) return exitCode(error.first);
  if (error instanceof InputError) return 2;
  if (error instanceof StorageError) return 3;
  if (error instanceof GaveUp || error instanceof NetworkError) return 4;
  if (error instanceof Interrupted) return 130;
  return 70;
};

/** The error as one line for the user; a defect of ours is called one. */
export const explain = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof SomeFailed || exitCode(error) !== 70) return message;
  const what = message || 'unknown error';
  return `${what} (a defect of rxtorrent, not of yours: please report it with the output of --verbose)`;
};
