import { latin1 } from '../encoding/bencode.ts';
import { parseId, toHex } from '../encoding/id.ts';
import { Malformed } from '../encoding/malformed.ts';
import { visible } from '../encoding/visible.ts';

/** Where all who share listen, within one network. BEP 14. */
export const LSD_PORT = 6771;
export const LSD_GROUPS = { 4: '239.192.152.143', 6: 'ff15::efc0:988f' } as const;
/** Bytes of a datagram, torrents named in it, and characters of a cookie. */
export const MAX_LSD_BYTES = 1400;
export const MAX_LSD_HASHES = 30;
export const MAX_COOKIE = 64;
/** Torrents that we name in one datagram: with 25 it would be longer than others may read. */
export const MAX_LSD_ANNOUNCED = 24;

const REQUEST = 'BT-SEARCH * HTTP/1.1';

/** "Whoever shares these torrents, I listen here." */
export interface LsdAnnounce {
  /** Where they listen for peers, at the address the datagram comes from. */
  readonly port: number;
  /** 20 bytes each, at least one. */
  readonly infoHashes: readonly Uint8Array[];
  /** By which whoever sent it knows it again. */
  readonly cookie?: string;
}

/** One datagram for the group of one family. BEP 14. */
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

/** Headers in any order and case, unknown ones and broken hashes passed over. Throws `Malformed`. BEP 14. */
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
