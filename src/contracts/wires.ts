import type { PeerAddress, Road, Wire } from './network.ts';

/** Every member, those that may be missing too: a new member of a wire that is forgotten here does not compile. */
type Whole = { readonly [Name in keyof Required<Wire>]: Wire[Name] };

/**
 * The same wire with other members. Each is named, since a spread does not copy the methods of a wire that is an
 * instance of a class.
 */
export const rewired = (
  wire: Wire,
  {
    address = wire.address,
    bytes$ = wire.bytes$,
    drained$ = wire.drained$,
    road = wire.road?.bind(wire),
  }: Partial<Omit<Wire, 'write' | 'room'>>,
): Wire => {
  const whole: Whole = {
    ...{ address, bytes$, drained$ },
    write: (bytes) => wire.write(bytes),
    room: wire.room?.bind(wire),
    road,
  };
  return whole;
};

/** Has the peer called us? Then its port is one from which it called, and mostly none at which it listens. */
export const hasCalled = ({ source, wire$ }: PeerAddress): boolean => source === 'incoming' || wire$ !== undefined;

/** Is it connected by uTP, in whatever way that came to be? */
export const speaksUtp = (road: Road | undefined): boolean =>
  road !== undefined && (road.startsWith('utp') || road.startsWith('punched'));
