import { decode, described, dictOf, intOf, textOf, type Value } from '../encoding/bencode.ts';
import { MAX_REPLY_BYTES, MAX_REPLY_TOKENS, MAX_TEXT, percent } from './httpTrackerReply.ts';
import { ID_LENGTH } from '../encoding/id.ts';
import { Malformed } from '../encoding/malformed.ts';
import { visible } from '../encoding/visible.ts';

/** What a tracker knows about one torrent. */
export interface ScrapeCounts {
  /** Number of seeds. */
  readonly complete: number;
  readonly incomplete: number;
  /** How often the torrent has been completed so far. */
  readonly downloaded: number;
}

export type ScrapeReply =
  /** Counts by info-hash, one character for each byte. */
  | { readonly type: 'success'; readonly files: ReadonlyMap<string, ScrapeCounts> }
  | { readonly type: 'failure'; readonly reason: string };

/**
 * The scrape URL of a tracker by its announce URL; undefined unless the text after its last slash begins with
 * `announce`. BEP 48.
 */
export const scrapeUrl = (announce: string, infoHashes: readonly Uint8Array[]): string | undefined => {
  const bare = announce.replace(/#.*$/s, '').replace(/[?&]+$/, '');
  const last = bare.lastIndexOf('/') + 1;
  if (!/^https?:/i.test(bare) || !bare.startsWith('announce', last)) return undefined;
  const url = `${bare.slice(0, last)}scrape${bare.slice(last + 'announce'.length)}`;
  const asked = infoHashes.map((infoHash) => `info_hash=${percent(infoHash)}`).join('&');
  return `${url}${url.includes('?') ? '&' : '?'}${asked}`;
};

/** Decodes a reply. Throws `Malformed`. A failure is a value, since the tracker did answer. BEP 48. */
export const decodeScrapeReply = (bytes: Uint8Array): ScrapeReply => {
  const value = decode(bytes, { mode: 'lenient', maxBytes: MAX_REPLY_BYTES, maxTokens: MAX_REPLY_TOKENS });
  const reply = dictOf(value);
  if (!reply) throw new Malformed('scrape reply', 'a dictionary', described(value));
  const reason = textOf(reply.get('failure reason') ?? reply.get('failure_reason'));
  if (reason !== undefined) return { type: 'failure', reason: visible(reason.slice(0, MAX_TEXT)) };
  const files = dictOf(reply.get('files'));
  if (!files) throw new Malformed('scrape reply', 'files, a dictionary', described(reply.get('files')));
  const known = new Map<string, ScrapeCounts>();
  for (const [key, file] of files) {
    const counts = dictOf(file);
    const infoHash = infoHashOf(key);
    if (infoHash !== undefined && counts) {
      known.set(infoHash, {
        complete: count(counts.get('complete')),
        incomplete: count(counts.get('incomplete')),
        downloaded: count(counts.get('downloaded')),
      });
    }
  }
  return { type: 'success', files: known };
};

/** Some trackers write each byte as a character in UTF-8. */
const infoHashOf = (key: string): string | undefined => {
  if (key.length === ID_LENGTH) return key;
  if (key.length > 2 * ID_LENGTH) return undefined;
  const text = new TextDecoder().decode(Uint8Array.from(key, (letter) => letter.charCodeAt(0)));
  return /^[\0-\xff]{20}$/.test(text) ? text : undefined;
};

const count = (value: Value | undefined): number => Math.max(0, intOf(value) ?? 0);
