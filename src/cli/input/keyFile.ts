import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { InputError } from '../../contracts/errors.ts';
import { diskError, printable } from '../../disk/errors/diskError.ts';
import { fsyncSoftlySync } from '../../disk/files/softSync.ts';
import { KEY_LENGTH } from '../../protocol/dht/item.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { lookAt } from './newFile.ts';

/** Bytes of a file that can be a key. */
const MAX_FILE = 1024;
/** Others may read it. */
const OPEN = 0o077;

const created = (path: string, seed: Uint8Array): Uint8Array => {
  try {
    const fd = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(fd, `${toHex(seed)}\n`);
      fsyncSoftlySync(fd);
    } finally {
      closeSync(fd);
    }
    return seed;
  } catch (error) {
    throw diskError('write', path, error);
  }
};

/**
 * The seed of the private key in a file, 32 bytes. With `create` a file that is not there is made, of these random
 * bytes, for nobody else to read; a file that is there is never replaced.
 *
 * @throws InputError, StorageError
 */
export const keyIn = (
  path: string,
  { create, say }: { readonly create: (() => Uint8Array) | undefined; readonly say: (line: string) => void },
): Uint8Array => {
  const there = lookAt(path);
  if (there === undefined && create !== undefined) return created(path, create());
  if (there === undefined)
    throw new InputError('bad-option', `--key ${printable(path)}: there is no such file: --create-key makes it`);
  const refused = (why: string) => new InputError('bad-option', `--key ${printable(path)}: ${why}`);
  if (!there.isFile() || there.size > MAX_FILE) throw refused('is no file with a key');
  if (process.platform !== 'win32' && (there.mode & OPEN) !== 0)
    say(`${printable(path)}: other users of this machine can read this private key: chmod 600`);
  let text: string;
  try {
    text = readFileSync(path, 'latin1').trim();
  } catch (error) {
    throw diskError('read', path, error);
  }
  if (!/^[0-9a-f]+$/i.test(text) || text.length !== 2 * KEY_LENGTH)
    throw refused(`expected ${2 * KEY_LENGTH} hexadecimal digits`);
  return new Uint8Array(Buffer.from(text, 'hex'));
};
