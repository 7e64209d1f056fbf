import { KEY_LENGTH, MAX_SALT } from '../../protocol/dht/item.ts';
import type { PublisherKey } from '../../protocol/dht/publication.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { visible } from '../../protocol/encoding/visible.ts';
import { decoded, MAX_LINK, valuesOf } from './magnet.ts';

const URN = 'urn:btpk:';
/** Characters of a part that an error shows. */
const SHOWN = 100;

const bytesOf = (what: string, text: string, least: number, most: number): Uint8Array => {
  const is = /^(?:[0-9a-f]{2})*$/i.test(text) && text.length >= 2 * least && text.length <= 2 * most;
  if (is) return new Uint8Array(Buffer.from(text, 'hex'));
  const digits = least === most ? `${2 * most}` : `at most ${2 * most}`;
  throw new Malformed(what, `${digits} hexadecimal digits`, `"${visible(text.slice(0, SHOWN))}"`);
};

/**
 * Parses a magnet link to a publisher's key: `magnet:?xs=urn:btpk:KEY&s=SALT`, both in hex. Undefined for any other
 * link, also for one that has an info-hash, which means one torrent whatever else it says. BEP 46.
 *
 * @throws Malformed
 * @example parseKeyLink('magnet:?xs=urn:btpk:8543…5d&s=6e')?.salt // Uint8Array [ 110 ]
 */
export const parseKeyLink = (link: string): PublisherKey | undefined => {
  const text = link.trim();
  if (!/^magnet:\?/i.test(text) || text.length > MAX_LINK) return undefined;
  const values = valuesOf(text.slice('magnet:?'.length));
  if ((values.get('xt') ?? []).length > 0) return undefined;
  const keys = new Set(
    (values.get('xs') ?? [])
      .map((value) => decoded(value).toLowerCase())
      .filter((value) => value.startsWith(URN))
      .map((value) => value.slice(URN.length)),
  );
  const [first] = keys;
  if (first === undefined) return undefined;
  if (keys.size > 1) throw new Malformed('magnet.xs', 'one public key', `${keys.size} different ones`);
  const key = bytesOf('magnet.xs', first, KEY_LENGTH, KEY_LENGTH);
  const [salt = ''] = values.get('s') ?? [];
  return salt === '' ? { key } : { key, salt: bytesOf('magnet.s', decoded(salt), 0, MAX_SALT) };
};

/** Formats a magnet link to a publisher's key. BEP 46. */
export const formatKeyLink = ({ key, salt }: PublisherKey): string =>
  `magnet:?xs=${URN}${toHex(key)}${salt === undefined || salt.length === 0 ? '' : `&s=${toHex(salt)}`}`;
