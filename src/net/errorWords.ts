import { visible } from '../protocol/encoding/visible.ts';

/** Characters of a network error that are shown: it may quote the other side. */
const MAX_TEXT = 200;

const OFFLINE = 'no route to this host: is this machine online?';
const HUNG_UP = 'the connection was reset';
const CLOCK = "is this machine's clock right?";
const DESCRIPTORS = 'too many files and connections are open: raise the limit (ulimit -n)';

/** What the errors of sockets, names and certificates mean to the user, and what the user can try. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: HUNG_UP,
  ECONNABORTED: HUNG_UP,
  EPIPE: HUNG_UP,
  ERR_STREAM_PREMATURE_CLOSE: HUNG_UP,
  ETIMEDOUT: 'no answer in time',
  ESOCKETTIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'this host cannot be reached',
  EHOSTDOWN: 'this host cannot be reached',
  ENETUNREACH: OFFLINE,
  ENETDOWN: OFFLINE,
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'this machine does not have this kind of address (IPv4 or IPv6)',
  EADDRINUSE: 'another program uses this address',
  EACCES: 'this system does not permit it',
  EPERM: 'this system, or a firewall on it, does not permit it',
  ENOTFOUND: 'there is no host of that name: check the name',
  EAI_AGAIN: 'its name could not be looked up: is this machine online?',
  EMFILE: DESCRIPTORS,
  ENFILE: DESCRIPTORS,
  ENOBUFS: 'this system has no memory left for connections: try again later',
  ENOMEM: 'this system has no memory left for connections: try again later',
  CERT_HAS_EXPIRED: `its certificate has expired: ${CLOCK}`,
  CERT_NOT_YET_VALID: `its certificate is not valid yet: ${CLOCK}`,
  CERT_REVOKED: 'its certificate has been withdrawn',
  CERT_UNTRUSTED: 'its certificate is signed by no authority that this system trusts',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by no authority that this system trusts',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by no authority that this system trusts',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by no authority that this system trusts',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by no authority that this system trusts',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'no answer in time',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: try http instead of https',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: try http instead of https',
  EPROTO: 'the TLS handshake failed',
};

/** Families of codes, too many to list. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^HPE_/, 'it does not speak HTTP'],
  [/^(ERR_TLS_|ERR_SSL_|CERT_|ERR_OSSL)/, 'no secure connection could be made'],
  [/^(Z_|ERR__|ERR_BROTLI)/, 'what it sent cannot be decompressed'],
  [/^EAI_|^ESERVFAIL$|^ENODATA$/, 'its name could not be looked up'],
];

/** An error of the network in one line for the user; an unknown error keeps its code. */
export const errorWords = (error: unknown): string => {
  const { code = '', message = '' } = error as Partial<NodeJS.ErrnoException>;
  // Own properties only: a code may be called `constructor` or `toString`.
  const known = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  if (known !== undefined) return known;
  const kind = KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? plain(message, code);
  return code === '' ? kind : `${kind} (${visible(code.slice(0, MAX_TEXT))})`;
};

/** Why a port can't be had. */
export const bindWords = (error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'another program uses this port';
  return code === 'EACCES' ? 'no permission to use this port' : errorWords(error);
};

/** Node's own words, without the name of the system call at the beginning and the code at the end. */
const plain = (message: string, code: string): string => {
  const text = code === '' ? message : message.replace(code, '').replace(/^[:\s\w]*?:\s*/, '');
  return visible(text.slice(0, MAX_TEXT)).trim() || 'the connection failed';
};
