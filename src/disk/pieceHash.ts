import { equalIds, ID_LENGTH, sha1 } from '../protocol/id.ts';

/** Is piece `index`, with these bytes, the one that was promised? */
export type Question = readonly [index: number, bytes: Uint8Array];

/** `promised` has 20 bytes a piece. */
export const holds = (promised: Uint8Array, [index, bytes]: Question): boolean => isPromised(promised, index, sha1(bytes));

export const isPromised = (promised: Uint8Array, index: number, digest: Uint8Array): boolean =>
  equalIds(promised.subarray(index * ID_LENGTH, (index + 1) * ID_LENGTH), digest);
