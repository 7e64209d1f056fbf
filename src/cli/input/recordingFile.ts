import { existsSync, readFileSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { diskError } from '../../disk/errors/diskError.ts';
import { InputError } from '../../contracts/errors.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { Recording } from '../../recording/parse.ts';
import { partOf } from '../io/recordFile.ts';
import { visible } from '../io/text.ts';

/** Bytes of all parts of a recording, once they are unpacked. */
const MAX_BYTES = 2 ** 31;

const unpacked = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0x1f && bytes[1] === 0x8b
    ? // What was written last may be cut off.
      gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BYTES })
    : bytes;

/** What does not make sense in the recording at `path` is the user's to know. */
export const asRecordingError = (path: string, error: unknown): unknown =>
  error instanceof Malformed
    ? new InputError('bad-option', `${visible(path)}: ${error.message}`, { cause: error })
    : error;

/** The recording at `path`, and all its parts. @throws InputError */
export const readRecording = (path: string): Recording => {
  if (!existsSync(path)) throw new InputError('bad-option', `${visible(path)}: there is no such file: check the path`);
  const parts: Uint8Array[] = [];
  try {
    for (let nth = 0; existsSync(partOf(path, nth)); nth++) parts.push(unpacked(readFileSync(partOf(path, nth))));
  } catch (error) {
    const { message } = diskError('read', path, error);
    throw new InputError('bad-option', `${visible(path)}: can't be read: ${visible(message)}`, { cause: error });
  }
  try {
    return new Recording(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts));
  } catch (error) {
    throw asRecordingError(path, error);
  }
};
