import {
  encodeExtensionHandshake,
  decodeExtensionHandshake,
  EXTENSION_HANDSHAKE,
} from '../../src/protocol/peer/extensions.ts';
import { decodeMetadata, encodeMetadata, METADATA_PIECE, UT_METADATA } from '../../src/protocol/peer/utMetadata.ts';
import type { Content } from './content.ts';
import type { Conduct, Talk } from './realPeer.ts';

/** Our id for it. */
const ID = 3;

/** A seed that gives its info dictionary, too. */
export const withMetadata = ({ torrent: { info } }: Content, conduct: Conduct = {}): Conduct => {
  const ids = new Map<Talk, number>();
  return {
    ...conduct,
    extended: true,
    onHandshake: (talk) => {
      const payload = encodeExtensionHandshake({ ids: new Map([[UT_METADATA, ID]]), metadataSize: info.length });
      talk.send({ type: 'extended', id: EXTENSION_HANDSHAKE, payload });
      talk.sayWhatThereIs();
      return true;
    },
    onMessage: (message, talk) => {
      if (message.type !== 'extended') return conduct.onMessage?.(message, talk);
      if (message.id === EXTENSION_HANDSHAKE)
        ids.set(talk, decodeExtensionHandshake(message.payload).ids.get(UT_METADATA) ?? 0);
      if (message.id !== ID) return true;
      const asked = decodeMetadata(message.payload);
      if (asked?.type !== 'request') return true;
      const bytes = info.subarray(asked.piece * METADATA_PIECE, (asked.piece + 1) * METADATA_PIECE);
      talk.send({
        type: 'extended',
        id: ids.get(talk) ?? 0,
        payload: encodeMetadata({ type: 'data', piece: asked.piece, size: info.length, bytes }),
      });
      return true;
    },
  };
};
