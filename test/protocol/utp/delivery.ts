import { type End, Link, numbered, type Weather } from './link.ts';

/** What two machines are to send each other, in which weather. */
export interface Delivery extends Weather {
  readonly there: number;
  readonly back: number;
  readonly sequences: readonly [number, number];
}

const equal = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
const begins = (whole: Uint8Array, part: Uint8Array): boolean => equal(whole.subarray(0, part.length), part);

/** Longer than a connection takes to give up. */
const LONG = 3_600_000;

/**
 * Delivers in that weather, and says what went wrong: all bytes arrive in order, or both ends get to know that they
 * do not; then the caller hangs up, and both are closed.
 */
export const faultOf = (delivery: Delivery): string | undefined => {
  const link = new Link(delivery, delivery.sequences);
  const [there, back] = [numbered(delivery.there, 1), numbered(delivery.back, 2)];
  const { caller, called } = link;
  link.run(() => called.connection !== undefined || caller.connection?.phase === 'closed', LONG);
  link.write(caller, there);
  link.write(called, back);
  const gaveUp = ({ connection, end }: End): boolean =>
    end !== undefined || (connection?.phase ?? 'closed') === 'closed';
  const isOver = (end: End, other: End, all: number): boolean => end.length === all || (gaveUp(end) && gaveUp(other));
  const all = (): boolean => isOver(called, caller, there.length) && isOver(caller, called, back.length);
  if (!link.run(all, LONG)) return 'it stalls';
  if (!all()) return `after an hour ${called.length} and ${caller.length} bytes have arrived`;
  if (!begins(there, called.bytes) || !begins(back, caller.bytes)) return 'other bytes arrived';
  caller.connection?.close(link.now);
  const closed = (end: End): boolean => end.connection === undefined || end.connection.phase === 'closed';
  link.run(() => closed(caller) && closed(called), LONG);
  if (!closed(caller)) return 'the one who hung up stays';
  return undefined;
};
