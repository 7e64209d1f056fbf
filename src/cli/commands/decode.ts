import { InputError } from '../../contracts/errors.ts';
import { decodeWithSpans } from '../../protocol/encoding/bencode.ts';
import type { Given, Io } from '../io/io.ts';
import { asInputError, readBytes } from '../input/files.ts';
import { text } from '../args/values.ts';
import { bencodedJson } from '../views/bencoded.ts';

const SPACE = /^[ \t\r\n]*$/;

const bytesToDecode = async (given: Given, io: Io): Promise<readonly [bytes: Uint8Array, where: string]> => {
  const file = text(given, 'file');
  const { bencoded } = given;
  if (file !== undefined && bencoded !== undefined)
    throw new InputError('bad-option', 'decode: give the bytes or --file, not both');
  if (file !== undefined) return [await readBytes(file, io), file];
  if (bencoded === '-') return [await readBytes('-', io), 'stdin'];
  if (typeof bencoded !== 'string')
    throw new InputError('bad-option', 'decode: an argument is missing: rxtorrent decode d3:bari1ee, or --file path');
  return [Buffer.from(bencoded, 'utf8'), 'the argument'];
};

/**
 * `rxtorrent decode`: one line of JSON. Unsorted keys and white space at the end are accepted, since real files have
 * them.
 */
export const decode = async (given: Given, io: Io): Promise<void> => {
  const [bytes, where] = await bytesToDecode(given, io);
  io.json?.start(typeof given['file'] === 'string' ? { sources: [given['file']] } : {});
  try {
    const { value, end } = decodeWithSpans(bytes, { mode: 'lenient' });
    if (!SPACE.test(Buffer.from(bytes.subarray(end, end + 64)).toString('latin1'))) {
      throw new InputError(
        'bad-bencode',
        `${where}: the value ends after ${end} of ${bytes.length} bytes: remove what follows`,
      );
    }
    const json = bencodedJson(value);
    if (io.json) io.json.decoded(json);
    else io.print(json);
  } catch (error) {
    throw asInputError(where, error);
  }
};
