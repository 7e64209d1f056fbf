import { formatIp, parseIp } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';

/** The name of the extension in the extension handshake (BEP 10). */
export const UT_HOLEPUNCH = 'ut_holepunch';

/** By their number in a message. */
const TYPES = ['rendezvous', 'connect', 'error'] as const;

/** Why a peer can't introduce us to another one. */
export const HOLEPUNCH_ERRORS = { noSuchPeer: 1, notConnected: 2, noSupport: 3, noSelf: 4 } as const;

/**
 * `rendezvous` asks a peer to introduce us to the one at this address; `connect` says that the one there calls us now,
 * so that we may call it; `error` is the answer to a `rendezvous` of which nothing comes.
 */
export interface HolepunchMessage {
  readonly type: (typeof TYPES)[number];
  /** An IPv4 or IPv6 literal. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
  /** One of `HOLEPUNCH_ERRORS`, or any other number; 0 in a message that is no error. */
  readonly error: number;
}

/** Bytes before and after the address. */
const HEAD = 2;
const PORT = 2;
const ERROR = 4;

/** @throws Malformed if the host is a name. BEP 55. */
export const encodeHolepunch = ({ type, host, port, error = 0 }: Wanted): Uint8Array => {
  const ip = parseIp(host);
  if (ip === undefined) throw new Malformed('ut_holepunch', 'an IP address', host);
  const bytes = new Uint8Array(HEAD + ip.length + PORT + ERROR);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, TYPES.indexOf(type));
  view.setUint8(1, ip.length === 4 ? 0 : 1);
  bytes.set(ip, HEAD);
  view.setUint16(HEAD + ip.length, port);
  view.setUint32(HEAD + ip.length + PORT, error);
  return bytes;
};

type Wanted = Omit<HolepunchMessage, 'error'> & Partial<Pick<HolepunchMessage, 'error'>>;

/**
 * Decodes a message. Its error may be left out, as some clients do where there is none, and what follows it is ignored.
 * Undefined for a type of message or of address that is not known. Throws `Malformed` for a message that is cut off.
 * BEP 55.
 */
export const decodeHolepunch = (bytes: Uint8Array): HolepunchMessage | undefined => {
  if (bytes.length < HEAD) throw new Malformed('ut_holepunch', `${HEAD} bytes or more`, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = TYPES[view.getUint8(0)];
  const family = view.getUint8(1);
  if (type === undefined || family > 1) return undefined;
  const end = HEAD + (family === 0 ? 4 : 16);
  if (bytes.length < end + PORT) throw new Malformed('ut_holepunch', `${end + PORT} bytes or more`, bytes.length);
  return {
    type,
    host: formatIp(bytes.subarray(HEAD, end)),
    port: view.getUint16(end),
    error: bytes.length < end + PORT + ERROR ? 0 : view.getUint32(end + PORT),
  };
};
