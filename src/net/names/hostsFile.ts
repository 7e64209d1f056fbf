import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isIP } from 'node:net';

/** Bytes of a hosts file that are read: lists that block advertising have some 7 MB. */
export const MAX_HOSTS_BYTES = 16 * 2 ** 20;
/** Addresses of one name that are taken from the file. */
export const MAX_OF_NAME = 16;

const SYSTEM_FILE =
  process.platform === 'win32'
    ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts';

/**
 * The names in this machine's hosts file. Depends on: the file, which is read again when its time or size has changed.
 * A file that is missing or unreadable has no names, and a malformed line is skipped.
 */
export class HostsFile {
  readonly #path: string;
  #stamp = '';
  #text = '';

  constructor(path = SYSTEM_FILE) {
    this.#path = path;
  }

  /** The addresses of `name`, which is in lower case, in the order of the file. */
  addresses(name: string): readonly string[] {
    this.#read();
    const found = new Set<string>();
    // Most files are small, but some have a hundred thousand lines: only those that contain the name are parsed.
    for (let at = this.#text.indexOf(name); at >= 0 && found.size < MAX_OF_NAME; ) {
      const end = this.#text.indexOf('\n', at);
      const line = this.#text.slice(this.#text.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end);
      const [address = '', ...names] = line.replace(/#.*/s, '').trim().split(/\s+/);
      if (isIP(address) !== 0 && names.includes(name)) found.add(address);
      at = end < 0 ? -1 : this.#text.indexOf(name, end);
    }
    return [...found];
  }

  #read(): void {
    try {
      const stat = statSync(this.#path);
      const stamp = `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
      if (stamp === this.#stamp) return;
      this.#text = stat.isFile() ? textOf(this.#path) : '';
      this.#stamp = stamp;
    } catch {
      [this.#stamp, this.#text] = ['', ''];
    }
  }
}

/** Latin-1 in lower case: names are ASCII, and compared without case. */
const textOf = (path: string): string => {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(file).size, MAX_HOSTS_BYTES));
    return bytes.toString('latin1', 0, readSync(file, bytes)).toLowerCase();
  } finally {
    closeSync(file);
  }
};
