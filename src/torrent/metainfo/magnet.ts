import { addressText } from '../../protocol/encoding/address.ts';
import { ID_LENGTH, isTruncated, parseId, toHex } from '../../protocol/encoding/id.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { visible } from '../../protocol/encoding/visible.ts';
import { formatSelection, parseSelection, type Span } from './selection.ts';
import { MAX_TRACKERS, MAX_WEB_SEEDS, trackerUrl, webUrl } from './urls.ts';

/** Maximum length of a link, in characters. */
export const MAX_LINK = 65_536;
/** Maximum number of peers in a link. */
export const MAX_LINK_PEERS = 100;
/** Maximum number of URLs of the .torrent in a link. */
export const MAX_LINK_SOURCES = 20;
/** Maximum length of a name, in characters. */
export const MAX_LINK_NAME = 1024;
/** Maximum number of unusable parts that are reported, and of characters of each. */
const MAX_IGNORED = 20;
const MAX_SHOWN = 100;

/** The validated content of a magnet link. */
export interface MagnetLink {
  /** 20 bytes: of version 1, or the beginning of `infoHashV2` where a link has nothing else. */
  readonly infoHash: Uint8Array;
  /** 32 bytes: the info-hash of the same torrent in version 2 (BEP 52): what peers send must have it, too. */
  readonly infoHashV2?: Uint8Array;
  /** The suggested name. It comes from a stranger. */
  readonly name?: string;
  /** Length of the content in bytes, as the link says. It comes from a stranger, too. */
  readonly length?: number;
  /** URLs, each a tier of its own (BEP 12). */
  readonly announce: readonly (readonly string[])[];
  /** Peers by IP address or host name. */
  readonly peers: readonly { readonly host: string; readonly port: number }[];
  /** BEP 19. */
  readonly webSeeds: readonly string[];
  /** http(s) URLs of the .torrent. */
  readonly sources: readonly string[];
  /** The selected files, by their numbers from 0, in order (BEP 53); all files if absent. */
  readonly select?: readonly Span[];
  /** Parts that cannot be used, for the user. */
  readonly ignored: readonly string[];
}

/**
 * Parses a magnet link. Unknown keys are ignored. Trackers, peers and web seeds that cannot be used are left out, and
 * listed in `ignored`. Throws `Malformed`, whose `what` is the key (from `magnet.xt` to `magnet.so`). BEP 9, 52, 53.
 */
export const parseMagnet = (link: string): MagnetLink => {
  const text = link.trim();
  if (text.length > MAX_LINK) throw new Malformed('magnet link', `at most ${MAX_LINK} characters`, text.length);
  if (!/^magnet:\?/i.test(text)) throw new Malformed('magnet link', 'it to begin with magnet:?', shown(text));
  const values = valuesOf(text.slice('magnet:?'.length));
  const of = (key: string): readonly string[] => values.get(key) ?? [];
  const ignored: string[] = [];
  const usable = <T>(key: string, limit: number, read: (value: string) => T | undefined): T[] => {
    const taken = new Map<string, T>();
    for (const value of of(key)) {
      const found = taken.size < limit ? read(value) : undefined;
      if (found !== undefined) taken.set(JSON.stringify(found), found);
      else if (ignored.length < MAX_IGNORED) ignored.push(`${key}: ${shown(value)}`);
    }
    return [...taken.values()];
  };
  const name = of('dn')[0]?.replaceAll('+', ' ');
  const length = of('xl').find((each) => /^[1-9]\d{0,15}$/.test(each) && Number.isSafeInteger(Number(each)));
  return {
    ...hashesOf(of('xt').map(decoded)),
    ...(name !== undefined && name !== '' && { name: [...decoded(name)].slice(0, MAX_LINK_NAME).join('') }),
    ...(length !== undefined && { length: Number(length) }),
    announce: usable('tr', MAX_TRACKERS, (value) => trackerUrl(decoded(value))).map((url) => [url]),
    peers: usable('x.pe', MAX_LINK_PEERS, (value) => placeOf(decoded(value))),
    webSeeds: usable('ws', MAX_WEB_SEEDS, (value) => webUrl(decoded(value))),
    sources: usable('xs', MAX_LINK_SOURCES, (value) => webUrl(decoded(value))),
    ...(values.has('so') && { select: parseSelection('magnet.so', of('so').map(decoded).join(',')) }),
    ignored,
  };
};

/** Formats a magnet link. BEP 9, 53. */
export const formatMagnet = (magnet: Omit<MagnetLink, 'ignored'>): string => {
  const { infoHash, infoHashV2, name, length, announce, peers, webSeeds, sources, select } = magnet;
  const parts = isTruncated(infoHash, infoHashV2) ? [] : [`xt=urn:btih:${toHex(infoHash)}`];
  const add = (key: string, values: readonly string[]): void =>
    void parts.push(...values.map((value) => `${key}=${escaped(value)}`));
  if (infoHashV2 !== undefined) add('xt', [`urn:btmh:${SHA2_256}${toHex(infoHashV2)}`]);
  if (name !== undefined) add('dn', [name]);
  if (length !== undefined) add('xl', [String(length)]);
  add('tr', announce.flat());
  add('x.pe', peers.map(addressText));
  add('ws', webSeeds);
  add('xs', sources);
  if (select !== undefined) parts.push(`so=${formatSelection(select)}`);
  return `magnet:?${parts.join('&')}`;
};

/** The magnet link of an info-hash alone. */
export const magnetOf = (infoHash: Uint8Array): MagnetLink => ({
  infoHash,
  announce: [],
  peers: [],
  webSeeds: [],
  sources: [],
  ignored: [],
});

/** The prefix of a multihash: SHA-256 and its length. */
const SHA2_256 = '1220';

const shown = (text: string): string => visible(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/**
 * Raw values by lower-case key. Numbered keys (`tr.1`) count as one key. `&amp;` is what remains when a link is copied
 * from a web page.
 */
export const valuesOf = (query: string): Map<string, string[]> => {
  const values = new Map<string, string[]>();
  for (const part of query.split(/&(?:amp;)?/)) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    const key = decoded(part.slice(0, at))
      .toLowerCase()
      .replace(/\.\d{1,4}$/, '');
    const before = values.get(key);
    if (before === undefined) values.set(key, [part.slice(at + 1)]);
    else before.push(part.slice(at + 1));
  }
  return values;
};

/** Decodes percent-encoding where it is valid. Bytes that are not UTF-8 become one character each. */
export const decoded = (value: string): string =>
  value.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1');
    }
  });

const escaped = (value: string): string =>
  encodeURIComponent(value.replace(/\p{Cs}/gu, '\ufffd'))
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/');

const hashesOf = (topics: readonly string[]): Pick<MagnetLink, 'infoHash' | 'infoHashV2'> => {
  const named = (urn: string): string[] => [
    ...new Set(topics.filter((topic) => topic.toLowerCase().startsWith(urn)).map((topic) => topic.slice(urn.length))),
  ];
  const infoHashes = new Map(
    named('urn:btih:')
      .map((text) => infoHashOf(text))
      .map((hash) => [toHex(hash), hash]),
  );
  const multihashes = new Set(
    named('urn:btmh:')
      .filter((text) => /^1220[0-9a-f]{64}$/i.test(text))
      .map((text) => text.toLowerCase()),
  );
  const [v2] = multihashes;
  const infoHashV2 = v2 === undefined ? undefined : new Uint8Array(Buffer.from(v2.slice(SHA2_256.length), 'hex'));
  const [infoHash = infoHashV2?.slice(0, ID_LENGTH)] = infoHashes.values();
  if (infoHashes.size > 1) throw new Malformed('magnet.xt', 'one info-hash', `${infoHashes.size} different ones`);
  if (multihashes.size > 1)
    throw new Malformed('magnet.xt', 'one info-hash of version 2', `${multihashes.size} different ones`);
  if (infoHash !== undefined) return { infoHash, ...(infoHashV2 && { infoHashV2 }) };
  throw new Malformed(
    'magnet.xt',
    'urn:btih: or urn:btmh: and an info-hash',
    topics.length === 0 ? 'none' : shown(topics.join(' ')),
  );
};

const infoHashOf = (text: string): Uint8Array => {
  try {
    return parseId(text);
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    throw new Malformed(
      'magnet.xt',
      `${2 * ID_LENGTH} hexadecimal or 32 base32 digits after urn:btih:`,
      `"${shown(text)}"`,
    );
  }
};

/** Parses the address of a peer: an IP address (IPv6 in brackets) or a host name, and a port. */
const placeOf = (text: string): { host: string; port: number } | undefined => {
  const [, six, other, digits] = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253})):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  const host = six ?? other;
  if (host === undefined || !(port >= 1 && port <= 65_535)) return undefined;
  if (six !== undefined && parseIp(six)?.length !== 16) return undefined;
  // Digits and dots that are not an IP address: the resolver would turn them into one.
  return six === undefined && /^[\d.]+$/.test(host) && parseIp(host) === undefined ? undefined : { host, port };
};
