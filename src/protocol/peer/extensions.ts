import { bytesOf, decode, type Dict, dictOf, type Encodable, encode, intOf, textOf } from '../encoding/bencode.ts';
import { formatIp, parseIp } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';
import { visible } from '../encoding/visible.ts';

/** The id of an extension handshake among extended messages. */
export const EXTENSION_HANDSHAKE = 0;
/** Limits of a peer's extension handshake: bytes, and values and keys in it. */
export const MAX_HANDSHAKE_BYTES = 65_536;
export const MAX_HANDSHAKE_TOKENS = 2_000;
/** Maximum number of a peer's extensions that are remembered, and of characters of each name. */
export const MAX_EXTENSIONS = 64;
export const MAX_NAME = 64;
/** Maximum number of characters of a peer's client name. */
export const MAX_VERSION = 100;

/** What one side says of itself. Fields that were not sent, or are invalid, are absent. */
export interface ExtensionHandshake {
  /**
   * From the name of each extension to the id, 1 to 255, of the messages that this side expects for it; 0 disables the
   * extension.
   */
  readonly ids: ReadonlyMap<string, number>;
  /** Name and version of the client, for the user. */
  readonly version?: string;
  /** The TCP port on which this side listens. */
  readonly port?: number;
  /** The number of requests that this side queues: further ones are dropped. */
  readonly reqq?: number;
  /** The IP address of the other side as this side sees it. */
  readonly yourIp?: string;
  /** Other IP addresses of this side. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Length of the info dictionary, in bytes (BEP 9). */
  readonly metadataSize?: number;
  /** This side wants no pieces (BEP 21). */
  readonly uploadOnly?: boolean;
}

/** Encodes the payload of an extension handshake. BEP 10. */
export const encodeExtensionHandshake = (handshake: ExtensionHandshake): Uint8Array => {
  const { ids, version, port, reqq, yourIp, ipv4, ipv6, metadataSize, uploadOnly } = handshake;
  return encode({
    m: ids,
    v: version,
    p: port,
    reqq,
    yourip: parseIp(yourIp ?? ''),
    ipv4: parseIp(ipv4 ?? ''),
    ipv6: parseIp(ipv6 ?? ''),
    metadata_size: metadataSize,
    upload_only: uploadOnly === undefined ? undefined : Number(uploadOnly),
  } satisfies Record<string, Encodable | undefined>);
};

/**
 * Decodes the payload of an extension handshake, and copies what it keeps. A field of the wrong type counts as absent.
 * Throws `Malformed` for input that is not a dictionary, or exceeds a limit. BEP 10.
 */
export const decodeExtensionHandshake = (bytes: Uint8Array): ExtensionHandshake => {
  const dict = dictOf(
    decode(bytes, { mode: 'lenient', maxBytes: MAX_HANDSHAKE_BYTES, maxTokens: MAX_HANDSHAKE_TOKENS }),
  );
  if (dict === undefined) throw new Malformed('extension handshake', 'a dictionary', 'something else');
  const found = {
    ids: idsOf(dict),
    version: versionOf(dict),
    port: between(dict, 'p', 1, 65_535),
    reqq: between(dict, 'reqq', 1, 2 ** 31 - 1),
    yourIp: ipOf(dict, 'yourip', [4, 16]),
    ipv4: ipOf(dict, 'ipv4', [4]),
    ipv6: ipOf(dict, 'ipv6', [16]),
    metadataSize: between(dict, 'metadata_size', 1, 2 ** 31 - 1),
    uploadOnly: uploadOnlyOf(dict),
  };
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined),
  ) as unknown as ExtensionHandshake;
};

/** Merges a later handshake into an earlier one: it has only the fields that have changed. */
export const mergeExtensionHandshakes = (
  before: ExtensionHandshake | undefined,
  later: ExtensionHandshake,
): ExtensionHandshake => {
  const ids = new Map(before?.ids);
  for (const [name, id] of later.ids) {
    if (id === 0) ids.delete(name);
    else if (ids.size < MAX_EXTENSIONS || ids.has(name)) ids.set(name, id);
  }
  return { ...before, ...later, ids };
};

const idsOf = (dict: Dict): ReadonlyMap<string, number> => {
  const ids = new Map<string, number>();
  for (const [name, value] of dictOf(dict.get('m')) ?? []) {
    const id = intOf(value);
    if (id === undefined || id < 0 || id > 255 || name.length > MAX_NAME) continue;
    ids.set(name, id);
    if (ids.size >= MAX_EXTENSIONS) break;
  }
  return ids;
};

const between = (dict: Dict, key: string, least: number, most: number): number | undefined => {
  const number = intOf(dict.get(key));
  return number !== undefined && number >= least && number <= most ? number : undefined;
};

const versionOf = (dict: Dict): string | undefined => {
  const text = textOf(bytesOf(dict.get('v'))?.subarray(0, 4 * MAX_VERSION));
  return text === undefined ? undefined : [...visible(text)].slice(0, MAX_VERSION).join('');
};

const ipOf = (dict: Dict, key: string, lengths: readonly number[]): string | undefined => {
  const ip = bytesOf(dict.get(key));
  return ip !== undefined && lengths.includes(ip.length) ? formatIp(ip) : undefined;
};

const uploadOnlyOf = (dict: Dict): boolean | undefined => {
  const said = intOf(dict.get('upload_only'));
  return said === undefined ? undefined : said !== 0;
};
