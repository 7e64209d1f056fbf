import { bytesOf, type Dict, latin1, listOf, textOf, type Value } from '../../protocol/encoding/bencode.ts';
import { encodedBytes, encodedUrl, showsHost } from '../../protocol/tracker/encodedUrl.ts';

/** Maximum number of trackers kept from one torrent. */
export const MAX_TRACKERS = 200;
/** Maximum number of web seeds of each kind kept from one torrent. */
export const MAX_WEB_SEEDS = 100;
/** Maximum length of a URL, in characters. */
export const MAX_URL = 2048;
/** Maximum number of DHT nodes kept from one torrent. */
export const MAX_NODES = 100;

const TRACKER = ['http:', 'https:', 'udp:'];
const WEB = ['http:', 'https:'];

/** The text of a URL; bytes that are not UTF-8 are percent-encoded. */
const written = (value: Value | string | undefined): string | undefined => {
  const text = typeof value === 'string' ? value : textOf(value);
  const bytes = typeof value === 'string' ? undefined : bytesOf(value);
  if (text === undefined || bytes === undefined || latin1(bytes) !== text) return text;
  const encoded = encodedBytes(text);
  // A URL must not hide its host by percent-encoding.
  return URL.canParse(encoded) && !showsHost(text, new URL(encoded)) ? undefined : encoded;
};

/**
 * A usable URL as printable ASCII: it has one of `schemes`, a host, and a valid port. Undefined for any other, so that
 * no line break gets into a request. Blanks and letters of other scripts occur in the wild, and are percent-encoded,
 * except in the host.
 */
const usable = (value: Value | string | undefined, schemes: readonly string[]): string | undefined => {
  const text = written(value);
  const url = text === undefined || text.length > MAX_URL ? undefined : encodedUrl(text);
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const needsPort = protocol === 'udp:';
  return schemes.includes(protocol) && hostname !== '' && port !== '0' && !(needsPort && port === '') ? url : undefined;
};

/** Reads no more of a list than may be kept of it. */
const first = (limit: number, value: Value | undefined): readonly Value[] => (listOf(value) ?? []).slice(0, limit);

/** The URL of a tracker, if it is usable. */
export const trackerUrl = (value: Value | string | undefined): string | undefined => usable(value, TRACKER);

/** An http(s) URL, if it is usable. */
export const webUrl = (value: Value | string | undefined): string | undefined => usable(value, WEB);

/** The tiers of `announce-list`, otherwise `announce` alone; each URL once. BEP 3, 12. */
export const trackerTiers = (torrent: Dict): readonly (readonly string[])[] => {
  const seen = new Set<string>();
  const tiers: string[][] = [];
  for (const item of first(MAX_TRACKERS, torrent.get('announce-list'))) {
    // Some torrents have a flat list: each URL is a tier of its own.
    const tier: string[] = [];
    for (const value of listOf(item) ? first(MAX_TRACKERS, item) : [item]) {
      const url = trackerUrl(value);
      if (url === undefined || seen.has(url) || seen.size >= MAX_TRACKERS) continue;
      seen.add(url);
      tier.push(url);
    }
    if (tier.length > 0) tiers.push(tier);
  }
  if (tiers.length > 0) return tiers;
  const announce = trackerUrl(torrent.get('announce'));
  return announce === undefined ? [] : [[announce]];
};

/** `url-list` (BEP 19) or `httpseeds` (BEP 17): a list of URLs, or a single URL. */
export const webSeeds = (value: Value | undefined): readonly string[] => {
  const urls = new Set<string>();
  for (const item of listOf(value) ? first(MAX_WEB_SEEDS, value) : [value]) {
    const url = usable(item, WEB);
    if (url !== undefined) urls.add(url);
  }
  return [...urls];
};

/** `nodes`: pairs of host and port. BEP 5. */
export const dhtNodes = (value: Value | undefined): readonly { readonly host: string; readonly port: number }[] => {
  const nodes: { host: string; port: number }[] = [];
  for (const item of first(MAX_NODES, value)) {
    const [address, port] = listOf(item) ?? [];
    const host = textOf(bytesOf(address));
    if (host === undefined || !/^[A-Za-z0-9._:-]{1,253}$/.test(host)) continue;
    if (typeof port !== 'number' || port < 1 || port > 65535) continue;
    nodes.push({ host, port });
  }
  return nodes;
};
