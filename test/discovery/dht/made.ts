import { sha1 } from '../../../src/protocol/encoding/id.ts';

/** The nth of many public addresses, each in a network of its own. */
export const hostOf = (index: number): string =>
  `${11 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.${1 + (index % 250)}`;

/** The nth of many ids. */
export const idOf = (index: number): Uint8Array => sha1(new TextEncoder().encode(`id ${index}`));

export const nodeOf = (index: number, port = 6881) => ({ id: idOf(index), host: hostOf(index), port });

export const randomBytesOf =
  (random: () => number) =>
  (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => random() * 256);
