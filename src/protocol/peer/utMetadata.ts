import { decodeWithSpans, dictOf, encode, intOf } from '../encoding/bencode.ts';
import { Malformed } from '../encoding/malformed.ts';

/** The name under which it is agreed on (BEP 10). */
export const UT_METADATA = 'ut_metadata';
/** Bytes of a piece of the info dictionary; the last one has what is left. */
export const METADATA_PIECE = 16_384;
/** Bytes of a message of theirs: a piece, and what is said of it. */
export const MAX_METADATA_BYTES = METADATA_PIECE + 1024;
const MAX_METADATA_TOKENS = 100;
const MAX_PIECE_NUMBER = 2 ** 20;

const REQUEST = 0;
const DATA = 1;
const REJECT = 2;

/** A piece of the info dictionary is asked for, given, or not given. */
export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly piece: number }
  /** `size` is that of the whole info dictionary, if they say it. `bytes` may be lent. */
  | { readonly type: 'data'; readonly piece: number; readonly size?: number; readonly bytes: Uint8Array };

/** The payload of an extended message. BEP 9. */
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
 * `bytes` of the message are those of the payload: lent if that is. Undefined for a type of message that is not known,
 * which BEP 9 wants ignored. Throws `Malformed`.
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
