import { formatIp, parseIp } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';

const [FOUR, NAME, SIX] = [1, 3, 4];
/** Bytes of a name. */
const MAX_NAME = 255;

/** A host and a port as SOCKS5 writes them: the kind of the address, itself, and the port. */
export const encodeSocksAddress = (host: string, port: number): Uint8Array => {
  const ip = parseIp(host.replace(/%.*$/, ''));
  const name = new TextEncoder().encode(host);
  if (ip === undefined && (name.length === 0 || name.length > MAX_NAME))
    throw new Malformed('host', `a name of 1 to ${MAX_NAME} bytes`, name.length);
  const head = ip === undefined ? [NAME, name.length] : [ip.length === 4 ? FOUR : SIX];
  return Uint8Array.of(...head, ...(ip ?? name), port >> 8, port & 255);
};

export interface SocksAddress {
  readonly host: string;
  readonly port: number;
  /** Bytes that it took. */
  readonly length: number;
}

/** Reads such an address at `at`; undefined if it has not all come. @throws Malformed */
export const decodeSocksAddress = (bytes: Uint8Array, at: number): SocksAddress | undefined => {
  const kind = bytes[at];
  if (kind === undefined) return undefined;
  const size = kind === FOUR ? 4 : kind === SIX ? 16 : kind === NAME ? bytes[at + 1] : -1;
  if (size === -1) throw new Malformed('proxy address', 'kind 1, 3 or 4', kind);
  if (size === undefined) return undefined;
  const start = at + (kind === NAME ? 2 : 1);
  const end = start + size;
  if (bytes.length < end + 2) return undefined;
  const raw = bytes.subarray(start, end);
  const host = kind === NAME ? new TextDecoder('latin1').decode(raw) : formatIp(raw);
  return { host, port: ((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0), length: end + 2 - at };
};
