import { posix, win32, type PlatformPath } from 'node:path';

/** Maximum length of a name, as {@link System.size} counts it. */
export const MAX_NAME = 255;

/** The rules for file names on one kind of system. Pure: they can be used on any other system. */
export interface System {
  /** The path syntax. */
  readonly path: PlatformPath;
  /** Characters that we do not use in names; each becomes `_`. */
  readonly refused: RegExp;
  /** Characters that no name can have on this system. */
  readonly impossible: RegExp;
  /** Longest absolute path, as {@link System.pathSize} counts it. */
  readonly maxPath: number;
  /** Length of one name. */
  readonly size: (name: string) => number;
  /** Length of a path. */
  readonly pathSize: (path: string) => number;
  /** The name without what the system would strip or interpret; it may become '' or one unit longer. */
  readonly tidy: (name: string) => string;
  /** Equal for names that are the same file there. */
  readonly fold: (name: string) => string;
}

/** The rules of `process.platform`, or of another system. Systems other than Windows and macOS have those of Linux. */
export const systemOf = (platform: NodeJS.Platform): System => {
  if (platform === 'win32') return windows;
  return platform === 'darwin' ? mac : linux;
};

const bytes = (text: string): number => Buffer.byteLength(text);
const units = (text: string): number => text.length;
const same = (name: string): string => name;

// Lone surrogates cannot be encoded; control characters disguise a name on a terminal.
const linux: System = {
  path: posix,
  refused: /[/\0-\x1f\x7f-\x9f\ud800-\udfff]/gu,
  impossible: /[/\0\ud800-\udfff]/u,
  maxPath: 4095,
  size: bytes,
  pathSize: bytes,
  tidy: same,
  fold: same,
};

// Characters that HFS+ ignores when it compares names. APFS does not, but disks move between machines.
const ignored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** Lower case comes first, or ẞ and ß would differ. */
const folded = (name: string): string =>
  name.normalize('NFD').toLowerCase().toUpperCase().toLowerCase().normalize('NFC');

const mac: System = {
  path: posix,
  // The Finder shows `:` as `/`, and lets nobody type it.
  refused: /[/:\0-\x1f\x7f-\x9f\ud800-\udfff]/gu,
  // Programs can use it nevertheless, and other clients do.
  impossible: /[/\0\ud800-\udfff]/u,
  maxPath: 1023,
  // Both APFS and HFS+ count UTF-16: 255 letters of any alphabet, but 127 emoji.
  size: units,
  pathSize: bytes,
  tidy: same,
  fold: (name) => folded(name.replaceAll(ignored, '')),
};

// Names of devices, whatever their extension.
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]) *(?:\.|$)/iu;

const noDevice = (name: string): string => (reserved.test(name) ? `_${name}` : name);

// Not by `/[. ]+$/`, which takes quadratic time.
const trimmed = (name: string): string => {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  return name.slice(0, end);
};

/** NTFS compares names unit by unit, each by its single upper-case unit, and without Unicode composition. */
const upperUnit = (unit: string): string => {
  const upper = unit.toUpperCase();
  if (upper.length === 1) return upper;
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
};

const windows: System = {
  path: win32,
  refused: /[\\/:*?"<>|\0-\x1f\x7f-\x9f\ud800-\udfff]/gu,
  impossible: /[\\/:*?"<>|\0-\x1f\ud800-\udfff]/u,
  // Node uses the long form of every path, so the old limit of 260 does not apply.
  maxPath: 32_766,
  size: units,
  pathSize: units,
  tidy: (name) => noDevice(trimmed(name)),
  fold: (name) => name.replaceAll(/[^]/g, upperUnit),
};
