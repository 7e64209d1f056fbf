import type { NetworkCode } from '../contracts/errors.ts';

/** The `NetworkError` code of each system or Node error of sockets and names. Codes not listed are `unreachable`. */
const CODES: Readonly<Record<string, NetworkCode>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ERR_STREAM_PREMATURE_CLOSE: 'reset',
  ETIMEDOUT: 'timeout',
  ESOCKETTIMEDOUT: 'timeout',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ENOTFOUND: 'unknown-host',
  EMFILE: 'no-room',
  ENFILE: 'no-room',
  ENOBUFS: 'no-room',
  ENOMEM: 'no-room',
};

/** Families of codes: TLS and certificates; malformed HTTP (HPE_), gzip (Z_) and brotli (ERR_ and more). */
const KINDS: readonly (readonly [RegExp, NetworkCode])[] = [
  [/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS_|ERR_SSL_|ERR_OSSL|EPROTO$)/, 'untrusted'],
  [/^(HPE_|Z_|ERR__|ERR_BROTLI|ERR_INVALID|ERR_STREAM|ERR_UNESCAPED)/, 'malformed'],
];

const codeIn = (error: unknown): string => String((error as Partial<NodeJS.ErrnoException> | undefined)?.code ?? '');

/** The code of a failed connection, lookup or exchange. */
export const networkCode = (error: unknown): NetworkCode => {
  const code = codeIn(error);
  if (Object.hasOwn(CODES, code)) return CODES[code] ?? 'unreachable';
  return KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? 'unreachable';
};

const PORT_CODES: Readonly<Record<string, NetworkCode>> = {
  EADDRINUSE: 'port-taken',
  EACCES: 'port-denied',
  EPERM: 'port-denied',
  EADDRNOTAVAIL: 'no-address',
  EAFNOSUPPORT: 'no-address',
};

/** The code of a port that can't be bound. */
export const portCode = (error: unknown): NetworkCode => {
  const code = codeIn(error);
  return Object.hasOwn(PORT_CODES, code) ? (PORT_CODES[code] ?? 'unreachable') : networkCode(error);
};
