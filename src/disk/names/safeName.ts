import { MAX_NAME, type System, systemOf } from './system.ts';

/** Maximum length of the extension, without its dot, that a shortened name keeps. */
export const MAX_EXTENSION = 10;

// Characters that reverse the direction of what follows: `photo[U+202E]gpj.exe` looks like a picture.
const turning = /[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Turns a name from a stranger into a name that is valid on the system. The result is always the same, so that a later
 * run finds the same file. Valid names stay as they are, except for characters that disguise a name: control
 * characters, and those that reverse the direction of writing. Never empty, never `.` or `..`.
 *
 * @example safeName('what?', 'linux') // 'what?'
 * @example safeName('what?', 'win32') // 'what_'
 */
export const safeName = (name: string, platform: NodeJS.Platform = process.platform): string =>
  safeNameOn(name, systemOf(platform));

export const safeNameOn = (name: string, system: System): string => {
  const straight = name.replaceAll(turning, '').replaceAll(system.refused, '_');
  // Shortening may produce the name of a device, and tidying may make a name too long.
  return named(system.tidy(shortened(system.tidy(straight), system)));
};

/** Could a file be called `name` on this system, exactly? */
export const isPossible = (name: string, system: System): boolean =>
  named(name) === name && !system.impossible.test(name) && system.size(name) <= MAX_NAME && system.tidy(name) === name;

/** `name` with a number before its extension, shortened to make room for it: for a name that is taken. */
export const numbered = (name: string, number: number, system: System): string => {
  const extension = extensionOf(name, system);
  const suffix = `.${number}${extension}`;
  // One unit is left for `tidy`, since the shorter name may be that of a device.
  const room = MAX_NAME - 1 - system.size(suffix);
  return system.tidy(cut(name.slice(0, name.length - extension.length), room, system) + suffix);
};

const named = (name: string): string => (/^\.{0,2}$/.test(name) ? '_' : name);

const shortened = (name: string, system: System): string => {
  if (system.size(name) <= MAX_NAME) return name;
  const extension = extensionOf(name, system);
  return cut(name.slice(0, name.length - extension.length), MAX_NAME - system.size(extension), system) + extension;
};

/** The extension with its dot; '' if there is none, or it is too long to be one. */
const extensionOf = (name: string, system: System): string => {
  const extension = system.path.extname(name);
  return system.size(extension) <= MAX_EXTENSION + 1 ? extension : '';
};

/** The longest beginning of at most `room` units that ends between two characters. */
const cut = (text: string, room: number, system: System): string => {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += system.size(character);
    if (size > room) break;
    end += character.length;
  }
  return text.slice(0, end);
};
