/** `ENOTFOUND`: there is no such name. `EAI_AGAIN`: no server has said whether there is. */
export type NameCode = 'ENOTFOUND' | 'EAI_AGAIN';

/**
 * A host name has no address. The error has the code that Node gives such errors, so a caller need not know which
 * resolver was used.
 */
export class NameError extends Error {
  override readonly name = 'NameError';
  readonly code: NameCode;

  constructor(code: NameCode, host: string, options?: ErrorOptions) {
    super(`${code} ${host}`, options);
    this.code = code;
  }
}

/** Makes a failure of c-ares or getaddrinfo a `NameError`. */
export const nameError = (host: string, cause: unknown): NameError => {
  const code = (cause as Partial<NodeJS.ErrnoException> | undefined)?.code ?? '';
  const unknown = ['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EINVAL'].includes(code);
  return new NameError(unknown ? 'ENOTFOUND' : 'EAI_AGAIN', host, { cause });
};
