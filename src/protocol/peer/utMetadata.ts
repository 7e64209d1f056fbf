import { decodeWithSpans, dictOf, encode, intOf } from '../encoding/bencode.ts';
import { Malformed } from '../encoding/malformed.ts';

/** The name of the extension in the extension handshake (BEP 10). */
export const UT_METADATA = 'ut_metadata';
/** Length of a metadata piece, in bytes; the last piece has the rest of the info dictionary. */
export const METADATA_PIECE = 16_384;
/** Maximum length of a peer's message, in bytes: a piece and its header. */
export const MAX_METADATA_BYTES = METADATA_PIECE + 1024;
const MAX_METADATA_TOKENS = 100;
const MAX_PIECE_NUMBER = 2 ** 20;

const REQUEST = 0;
const DATA = 1;
const REJECT = 2;

/** A piece of the info dictionary is requested, sent, or refused. */
export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly piece: number }
  /** `size` is that of the whole info dictionary, if the peer says it. `bytes` may be lent. */
  | { readonly type: 'data'; readonly piece: number; readonly size?: number; readonly bytes: Uint8Array };

/** Encodes the payload of an extended message. BEP 9. */
export const encodeMetadata = (message: MetadataMessage): Uint8Array => {
  if (message.type !== 'data')
    return encode({ msg_type: message.type === 'request' ? REQUEST : REJECT, piece: message.piece });
  const header = encode({ msg_type: DATA, piece: message.piece, total_size: message.size });
  const payload = new Uint8Array(header.length + message.bytes.length);
  payload.set(header);
  payload.set(message.bytes, header.length);
  return payload;
};

/**
 * Decodes the payload of an extended message. The message's `bytes` are a view of the payload: lent if the payload is.
 * Undefined for an unknown type of message, which BEP 9 says to ignore. Throws `Malformed`.
 */
export const decodeMetadata = (payload: Uint8Array): MetadataMessage | undefined => {
  if (payload.length > MAX_METADATA_BYTES)
    throw new Malformed('ut_metadata', `at most ${MAX_METADATA_BYTES} bytes`, payload.length);
  const { value, end } = decodeWithSpans(payload, { mode: 'lenient', tail: true, maxTokens: MAX_METADATA_TOKENS });
  const dict = dictOf(value);
  if (dict === undefined) throw new Malformed('ut_metadata', 'a dictionary', 'something else');
  const type = intOf(dict.get('msg_type'));
  if (type === undefined) throw new Malformed('ut_metadata.msg_type', 'a number', 'none');
  if (type !== REQUEST && type !== DATA && type !== REJECT) return undefined;
  const piece = intOf(dict.get('piece'));
  if (piece === undefined || piece < 0 || piece > MAX_PIECE_NUMBER)
    throw new Malformed('ut_metadata.piece', 'the number of a piece', piece ?? 'none');
  if (type !== DATA) return { type: type === REQUEST ? 'request' : 'reject', piece };
  const bytes = payload.subarray(end);
  if (bytes.length === 0 || bytes.length > METADATA_PIECE)
    throw new Malformed('ut_metadata', `1 to ${METADATA_PIECE} bytes of a piece`, bytes.length);
  const size = intOf(dict.get('total_size'));
  return { type: 'data', piece, bytes, ...(size !== undefined && { size }) };
};
