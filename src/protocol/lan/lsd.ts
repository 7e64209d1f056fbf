import { latin1 } from '../encoding/bencode.ts';
import { parseId, toHex } from '../encoding/id.ts';
import { Malformed } from '../encoding/malformed.ts';
import { visible } from '../encoding/visible.ts';

/** The UDP port on which all peers of a local network listen. BEP 14. */
export const LSD_PORT = 6771;
export const LSD_GROUPS = { 4: '239.192.152.143', 6: 'ff15::efc0:988f' } as const;
/** Limits of a datagram: bytes, torrents named in it, and characters of a cookie. */
export const MAX_LSD_BYTES = 1400;
export const MAX_LSD_HASHES = 30;
export const MAX_COOKIE = 64;
/** Torrents that we name in one datagram: with 25 it would be longer than other clients may read. */
export const MAX_LSD_ANNOUNCED = 24;

const REQUEST = 'BT-SEARCH * HTTP/1.1';

/** An announcement to the local network: "I share these torrents, and listen here." */
export interface LsdAnnounce {
  /** The TCP port on which the sender listens, at the address that the datagram came from. */
  readonly port: number;
  /** 20 bytes each, at least one. */
  readonly infoHashes: readonly Uint8Array[];
  /** Lets the sender recognise its own datagram. */
  readonly cookie?: string;
}

/** Encodes one datagram for the multicast group of one address family. BEP 14. */
export const encodeLsd = ({ port, infoHashes, cookie }: LsdAnnounce, family: 4 | 6): Uint8Array => {
  const host = family === 4 ? LSD_GROUPS[4] : `[${LSD_GROUPS[6]}]`;
  const lines = [
    REQUEST,
    `Host: ${host}:${LSD_PORT}`,
    `Port: ${port}`,
    ...infoHashes.map((hash) => `Infohash: ${toHex(hash)}`),
  ];
  if (cookie !== undefined) lines.push(`cookie: ${cookie}`);
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n\r\n`);
};

/**
 * Decodes headers in any order and case; unknown headers and invalid hashes are ignored. Throws `Malformed`. BEP 14.
 */
export const decodeLsd = (bytes: Uint8Array): LsdAnnounce => {
  if (bytes.length > MAX_LSD_BYTES)
    throw new Malformed('local discovery', `at most ${MAX_LSD_BYTES} bytes`, bytes.length);
  const [request = '', ...lines] = latin1(bytes).split(/\r?\n/);
  if (request !== REQUEST) throw new Malformed('local discovery', `"${REQUEST}"`, `"${visible(request.slice(0, 40))}"`);
  let port = 0;
  let cookie: string | undefined;
  const infoHashes: Uint8Array[] = [];
  for (const line of lines) {
    const [, name = '', value = ''] = /^([A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    const header = name.toLowerCase();
    if (header === 'port' && /^\d{1,5}$/.test(value)) port = Number(value);
    else if (header === 'cookie') cookie = value.slice(0, MAX_COOKIE);
    else if (header === 'infohash' && /^[0-9a-f]{40}$/i.test(value) && infoHashes.length < MAX_LSD_HASHES)
      infoHashes.push(parseId(value));
  }
  if (port < 1 || port > 65_535) throw new Malformed('local discovery', 'a port from 1 to 65535', port);
  if (infoHashes.length === 0) throw new Malformed('local discovery', 'an info-hash', 'none');
  return { port, infoHashes, ...(cookie !== undefined && { cookie }) };
};
