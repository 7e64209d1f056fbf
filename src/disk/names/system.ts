import { posix, win32, type PlatformPath } from 'node:path';

/** Units of one name, as {@link System.size} counts them. */
export const MAX_NAME = 255;

/** What the disks of one kind of system can have as names. Pure: any system can be asked about on any other. */
export interface System {
  /** How paths are written there. */
  readonly path: PlatformPath;
  /** Characters that a name is not given there; each becomes `_`. */
  readonly refused: RegExp;
  /** Characters that no name can have there, whoever gives it. */
  readonly impossible: RegExp;
  /** Longest absolute path, as {@link System.pathSize} counts it. */
  readonly maxPath: number;
  /** Length of one name. */
  readonly size: (name: string) => number;
  /** Length of a path. */
  readonly pathSize: (path: string) => number;
  /**
   * The name without what the system would take away or take for something else; it may become '' or one unit longer.
   */
  readonly tidy: (name: string) => string;
  /** Equal for names that are the same file there. */
  readonly fold: (name: string) => string;
}

/** The rules of `process.platform`, or of another system. What is neither Windows nor macOS has those of Linux. */
export const systemOf = (platform: NodeJS.Platform): System => {
  if (platform === 'win32') return windows;
  return platform === 'darwin' ? mac : linux;
};

const bytes = (text: string): number => Buffer.byteLength(text);
const units = (text: string): number => text.length;
const same = (name: string): string => name;

// Halves of characters can be said in no encoding; control characters make a name lie on a terminal.
const linux: System = {
  path: posix,
  refused: /[/\p{Cc}\p{Surrogate}]/gu,
  impossible: /[/\0\p{Surrogate}]/u,
  maxPath: 4095,
  size: bytes,
  pathSize: bytes,
  tidy: same,
  fold: same,
};

// What HFS+ does not look at when it compares names: APFS does, but disks are carried about.
const ignored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** Lower case comes first, or ẞ and ß would differ. */
const folded = (name: string): string =>
  name.normalize('NFD').toLowerCase().toUpperCase().toLowerCase().normalize('NFC');

const mac: System = {
  path: posix,
  // The Finder shows `:` as `/`, and lets nobody type it.
  refused: /[/:\p{Cc}\p{Surrogate}]/gu,
  // Programs can use it all the same, and other clients do.
  impossible: /[/\0\p{Surrogate}]/u,
  maxPath: 1023,
  // Both APFS and HFS+ count UTF-16: 255 letters of any alphabet, but 127 emoji.
  size: units,
  pathSize: bytes,
  tidy: same,
  fold: (name) => folded(name.replaceAll(ignored, '')),
};

// Devices, whatever the extension.
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]) *(?:\.|$)/iu;

const noDevice = (name: string): string => (reserved.test(name) ? `_${name}` : name);

// Not by `/[. ]+$/`: that takes the square of the length.
const trimmed = (name: string): string => {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  return name.slice(0, end);
};

/** NTFS compares unit by unit, each in the one upper-case unit that it has; it knows nothing of composition. */
const upperUnit = (unit: string): string => {
  const upper = unit.toUpperCase();
  if (upper.length === 1) return upper;
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
};

const windows: System = {
  path: win32,
  refused: /[\\/:*?"<>|\p{Cc}\p{Surrogate}]/gu,
  impossible: /[\\/:*?"<>|\0-\x1f\p{Surrogate}]/u,
  // Node asks for the long form of every path, so that the old limit of 260 does not hold.
  maxPath: 32_766,
  size: units,
  pathSize: units,
  tidy: (name) => noDevice(trimmed(name)),
  fold: (name) => name.replaceAll(/[^]/g, upperUnit),
};
