import os from 'node:os';

/** Error numbers of Linux that `os.constants` has no names for. */
const OF_LINUX: readonly (readonly [number: number, name: string])[] = [
  [117, 'EUCLEAN'],
  [123, 'ENOMEDIUM'],
  [126, 'ENOKEY'],
];

/** The name of each error number. */
const names = new Map([
  ...(process.platform === 'linux' ? OF_LINUX : []),
  ...Object.entries(os.constants.errno).map(([name, number]): readonly [number, string] => [number, name]),
]);

/**
 * The name of a system error such as `ENOSPC`; '' for anything else.
 *
 * Node has no names for some errors (a disk quota, a network disk that has lost a file): it calls them `Unknown system
 * error -122`, and only the number tells them apart.
 */
export const errnoOf = (error: unknown): string => {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== 'string') return '';
  const [, number] = /^Unknown system error -?(\d{1,6})$/.exec(code) ?? [];
  return number === undefined ? code : (names.get(Number(number)) ?? code);
};
