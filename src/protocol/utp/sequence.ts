/** Packets are numbered with 16 bits, and the numbers wrap around. */
export const SEQUENCES = 65_536;

/** The number `by` packets later, or earlier if `by` is negative. */
export const moved = (sequence: number, by: number): number => (sequence + by) & 0xffff;

/** How many packets `sequence` is behind `from`, −32768 to 32767; negative if it is before. */
export const ahead = (sequence: number, from: number): number => ((sequence - from) << 16) >> 16;
