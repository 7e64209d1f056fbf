import type { Note } from '../args/logRooms.ts';

/** Columns of the longest name of a room. */
const ROOM = 7;

/** `12:34:56.789 peer    > 192.0.2.7:6881  interested`; the time is that of this place. */
export const noteLine = ({ room, direction, who, what }: Note, at: Date): string => {
  const two = (number: number): string => String(number).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0');
  return `${time}.${milliseconds} ${room.padEnd(ROOM)} ${direction} ${who}  ${what}`;
};
