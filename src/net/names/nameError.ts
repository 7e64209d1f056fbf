/** `ENOTFOUND`: there is no such name. `EAI_AGAIN`: nobody has said whether there is. */
export type NameCode = 'ENOTFOUND' | 'EAI_AGAIN';

/**
 * A host name leads nowhere. It has the code that Node gives such errors, so that whoever dials need not know who has
 * looked.
 */
export class NameError extends Error {
  override readonly name = 'NameError';
  readonly code: NameCode;

  constructor(code: NameCode, host: string, options?: ErrorOptions) {
    super(`${code} ${host}`, options);
    this.code = code;
  }
}

/** What a failure of c-ares or of getaddrinfo means to whoever asked for the name. */
export const nameError = (host: string, cause: unknown): NameError => {
  const code = (cause as Partial<NodeJS.ErrnoException> | undefined)?.code ?? '';
  const unknown = ['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EINVAL'].includes(code);
  return new NameError(unknown ? 'ENOTFOUND' : 'EAI_AGAIN', host, { cause });
};
