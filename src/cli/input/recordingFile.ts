import { readFileSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { diskError } from '../../disk/errors/diskError.ts';
import { InputError } from '../../contracts/errors.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { Recording, type RecordingParts } from '../../recording/parse.ts';
import { partOf, partsAt } from '../io/recordFile.ts';
import { visible } from '../io/text.ts';

/** Bytes of one part of a recording, once it is unpacked. */
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

const readPart = (path: string): Uint8Array => {
  try {
    return unpacked(readFileSync(path));
  } catch (error) {
    const { message } = diskError('read', path, error);
    throw new InputError('bad-option', `${visible(path)}: can't be read: ${visible(message)}`, { cause: error });
  }
};

/** Reads one part after the other, and keeps none. */
const partsOf = (path: string, numbers: readonly number[]): RecordingParts => ({
  *[Symbol.iterator]() {
    for (const nth of numbers) yield readPart(partOf(path, nth));
  },
});

/** The recording at `path`, and all its parts that are there. @throws InputError */
export const readRecording = (path: string): Recording => {
  const numbers = partsAt(path);
  if (numbers.length === 0)
    throw new InputError('bad-option', `${visible(path)}: there is no such file: check the path`);
  try {
    return new Recording(partsOf(path, numbers));
  } catch (error) {
    throw asRecordingError(path, error);
  }
};
