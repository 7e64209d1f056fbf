import path, { posix, win32 } from 'node:path';
import type { Target } from '../env.ts';
import { InputError } from '../errors.ts';
import type { Torrent } from '../torrent/metainfo.ts';

/** Bytes of UTF-8 in one name: room for a number below the 255 of most disks. */
export const MAX_COMPONENT = 240;
/** Bytes of extension, without its dot, that a shortened name keeps. */
export const MAX_EXTENSION = 10;
/** Names in one path. What lies deeper is moved up. */
export const MAX_DEPTH = 100;

// Zero-width characters, those that turn the direction of writing, and invisible tags: they make names lie.
const invisible = /[\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
// Separators, control characters, halves of characters, and what Windows, FAT and network disks refuse or take for something else.
const refused = /[\\/:*?"<>|\p{Cc}\p{Surrogate}]/gu;
// Devices on Windows, whatever the extension.
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/iu;

/**
 * One name from a stranger as one name that every disk takes, the same on every system, so that a later run finds the
 * same file. Never empty, never `.` or `..`; what is safe already stays as it is.
 */
export const safeName = (name: string): string => {
  const visible = name.replaceAll(invisible, '').replaceAll(refused, '_');
  // Shortening may bring a device's name to light, or make one too long.
  return noDevice(trimmed(shorten(noDevice(trimmed(visible))))) || '_';
};

/**
 * Where each of `torrent.files` goes: absolute paths in `target.folder`, in the order of the files, and '' for padding,
 * which is never on disk. No two are the same, even where case or composition of letters does not count: the later
 * one gets a number (`bar.1.txt`). A torrent of one file goes to `folder/name`, others to `folder/name/…`.
 * @throws InputError `unsafe-path` when `target.name` is not a plain file name.
 */
export const safePaths = (torrent: Torrent, target: Target, platform: NodeJS.Platform = process.platform): string[] => {
  const path = platform === 'win32' ? win32 : posix;
  const root = path.resolve(target.folder);
  const single = torrent.layout === 'file';
  const base = single ? root : path.join(root, rootName(torrent, target));
  const folder = new Folder();
  return torrent.files.map((file) => {
    if (file.padding) return '';
    const names = single ? [rootName(torrent, target)] : folder.place(components(file.path));
    return within(root, path.join(base, ...names), path.sep);
  });
};

/** The one name in `target.folder` that everything of this torrent is, or is in. */
export const rootName = (torrent: Torrent, target: Target): string => {
  if (target.name !== undefined) return plainName(target.name);
  const name = safeName(torrent.name === '.' || torrent.name === '..' ? '' : torrent.name);
  // Or a torrent could be named as the notes or the lock of another.
  return /^\..*\.rxtorrent/iu.test(name) ? safeName(`_${name}`) : name;
};

// Not by `/[. ]+$/`: that takes the square of the length.
const trimmed = (name: string): string => {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  return name.slice(0, end);
};

const noDevice = (name: string): string => (reserved.test(name) ? `_${name}` : name);

const plainName = (name: string): string => {
  if (/^\.{0,2}$|[\\/\0]/u.test(name))
    throw new InputError('unsafe-path', `file name ${JSON.stringify(name)}: expected a name without folders; give the folder apart`);
  return name;
};

const within = (root: string, file: string, sep: string): string => {
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new InputError('unsafe-path', `${JSON.stringify(file)} is outside of ${JSON.stringify(root)}`);
  return file;
};

const components = (names: readonly string[]): string[] => {
  const safe = names.filter((name) => name !== '' && name !== '.' && name !== '..').map(safeName);
  if (safe.length === 0) return ['_'];
  return safe.length <= MAX_DEPTH ? safe : [...safe.slice(0, MAX_DEPTH - 1), safe.at(-1) as string];
};

/** Names already given in one folder of the disk. Invariant: no two keys differ by case or composition alone. */
class Folder {
  /** By folded name: a folder, or `undefined` for a file. */
  readonly #entries = new Map<string, Folder | undefined>();
  /** By folded name as the torrent has it: the folder that stands for it, and its name here. */
  readonly #folders = new Map<string, readonly [name: string, folder: Folder]>();
  /** Where to go on numbering, or a torrent of many equal names would take hours. */
  readonly #numbers = new Map<string, number>();

  /** Takes one file in; returns its names, renamed where they were taken. */
  place(names: readonly string[]): string[] {
    const [name = '_', ...below] = names;
    if (below.length > 0) {
      const [as, inner] = this.#enter(name);
      return [as, ...inner.place(below)];
    }
    const last = this.#unused(name);
    this.#entries.set(fold(last), undefined);
    return [last];
  }

  #enter(name: string): readonly [name: string, folder: Folder] {
    const key = fold(name);
    const known = this.#folders.get(key);
    if (known) return known;
    const as = this.#unused(name);
    const entered = [as, new Folder()] as const;
    this.#entries.set(fold(as), entered[1]);
    this.#folders.set(key, entered);
    // The new name leads here too, so that paths made safe once stay as they are.
    this.#folders.set(fold(as), entered);
    return entered;
  }

  #unused(name: string): string {
    if (!this.#entries.has(fold(name))) return name;
    const key = fold(name);
    for (let number = this.#numbers.get(key) ?? 1; ; number++) {
      const candidate = numbered(name, number);
      if (this.#entries.has(fold(candidate))) continue;
      this.#numbers.set(key, number + 1);
      return candidate;
    }
  }
}

/** Equal for names that some disk takes for the same. Lower case comes first, or ẞ and ß would differ. */
const fold = (name: string): string => name.normalize('NFD').toLowerCase().toUpperCase().toLowerCase().normalize('NFC');

const numbered = (name: string, number: number): string => {
  const extension = extensionOf(name);
  const suffix = `.${number}${extension}`;
  return cut(name.slice(0, name.length - extension.length), MAX_COMPONENT - Buffer.byteLength(suffix)) + suffix;
};

const shorten = (name: string): string => {
  if (Buffer.byteLength(name) <= MAX_COMPONENT) return name;
  const extension = extensionOf(name);
  return cut(name.slice(0, name.length - extension.length), MAX_COMPONENT - Buffer.byteLength(extension)) + extension;
};

/** With its dot; '' if there is none, or it is too long to be one. */
const extensionOf = (name: string): string => {
  const extension = path.extname(name);
  return Buffer.byteLength(extension) <= MAX_EXTENSION + 1 ? extension : '';
};

/** The longest beginning of at most `bytes` bytes that ends between two characters. */
const cut = (text: string, bytes: number): string => {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
};
