import { InputError } from '../../contracts/errors.ts';
import type { PublisherKey } from '../../protocol/dht/publication.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { parseKeyLink } from '../../torrent/metainfo/keyLink.ts';
import { visible } from '../io/text.ts';

/** The key that a link names; undefined for anything else. @throws InputError */
export const readKeyLink = (source: string | Uint8Array): PublisherKey | undefined => {
  try {
    return typeof source === 'string' ? parseKeyLink(source) : undefined;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new InputError('bad-magnet', visible(error.message), { cause: error });
  }
};
