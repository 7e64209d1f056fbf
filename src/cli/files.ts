import { open } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { MAX_BYTES } from '../protocol/bencode.ts';
import { Malformed } from '../protocol/malformed.ts';
import { visible } from './views/text.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: check the path',
  EISDIR: 'it is a folder: name the .torrent file in it',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
};

/** At most `MAX_BYTES` bytes of a file; `-` is stdin. */
export const readBytes = async (path: string): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const file = path === '-' ? undefined : await open(path);
    for await (const chunk of (file?.createReadStream() ?? process.stdin) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw new InputError('bad-option', `${path}: more than ${MAX_BYTES} bytes: that is no torrent`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError('bad-option', `cannot read ${path}: ${reasons[code ?? ''] ?? message}`, { cause: error });
  }
  return Buffer.concat(chunks);
};

/** Turns what a codec says about bytes into whose bytes they were. */
export const asInputError = (where: string, error: unknown): unknown => {
  if (!(error instanceof Malformed)) return error;
  const code = error.constructor.name === 'Unsupported' ? 'unsupported' : error.what.startsWith('bencode') ? 'bad-bencode' : 'bad-metainfo';
  const advice = code === 'bad-metainfo' ? ': is it really a .torrent file?' : '';
  return new InputError(code, `${where}: ${visible(error.message)}${advice}`, { cause: error });
};
