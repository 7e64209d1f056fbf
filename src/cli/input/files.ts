import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { diskError } from '../../disk/errors/diskError.ts';
import { errnoOf } from '../../disk/errors/errno.ts';
import { InputError } from '../../contracts/errors.ts';
import { MAX_BYTES } from '../../protocol/encoding/bencode.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import type { Io } from '../io/io.ts';
import { visible } from '../io/text.ts';

/** Bytes read at a time. */
const CHUNK = 65_536;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: check the path',
  EISDIR: 'it is a folder: name the .torrent file in it',
  EACCES: 'no permission: check its permissions',
  EPERM: 'not permitted: check its permissions',
  ENOTDIR: 'a part of its path is a file, not a folder: check the path',
  ENAMETOOLONG: 'the path is too long: check it',
  ELOOP: 'its symbolic links go round in a circle: check the path',
};

const stdin = async (add: (chunk: Uint8Array) => void, { stopped }: Pick<Io, 'stopped'>): Promise<void> => {
  try {
    // The user may press Ctrl-C while the writer of this pipe keeps it open.
    for await (const chunk of addAbortSignal(stopped, process.stdin) as AsyncIterable<Uint8Array>) add(chunk);
  } catch (error) {
    throw stopped.aborted ? stopped.reason : error;
  }
};

const file = (path: string, add: (chunk: Uint8Array) => void): void => {
  const fd = openSync(path, 'r');
  try {
    // One byte more than the file has tells its end; a pipe has no size. Most torrents are small.
    const chunk = Buffer.allocUnsafe(Math.min(fstatSync(fd).size || CHUNK, CHUNK) + 1);
    // A copy, since most torrents are small: keeping a thousand whole chunks would take too much memory.
    for (let size = -1; size !== 0; ) add(Uint8Array.prototype.slice.call(chunk, 0, (size = readSync(fd, chunk))));
  } finally {
    closeSync(fd);
  }
};

/** At most `MAX_BYTES` bytes of a file; `-` is stdin. */
export const readBytes = async (path: string, io: Pick<Io, 'stopped'>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const add = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size > MAX_BYTES)
      throw new InputError('bad-option', `${path}: more than ${MAX_BYTES} bytes: too long for a .torrent file`);
    chunks.push(chunk);
  };
  try {
    if (path === '-') await stdin(add, io);
    else file(path, add);
  } catch (error) {
    if (error instanceof InputError || io.stopped.aborted) throw error;
    throw readFault(path, error);
  }
  return Buffer.concat(chunks);
};

/** Why a path can't be read, in words for the user. */
export const readFault = (path: string, error: unknown): Error => {
  const reason = reasons[errnoOf(error)];
  if (reason === undefined) return diskError('read', path === '-' ? 'stdin' : path, error);
  return new InputError('bad-option', `cannot read ${path}: ${reason}`, { cause: error });
};

/** Adds the source of the bytes to an error of a codec. */
export const asInputError = (where: string, error: unknown, advice = ''): unknown => {
  if (!(error instanceof Malformed)) return error;
  const code =
    error.constructor.name === 'Unsupported'
      ? 'unsupported'
      : error.what.startsWith('bencode')
        ? 'bad-bencode'
        : 'bad-metainfo';
  return new InputError(code, `${where}: ${visible(error.message)}${code === 'unsupported' ? '' : advice}`, {
    cause: error,
  });
};
