/** The types that the objects of `--json` are composed of: see `jsonEvent.ts`. */

/**
 * A moment: ISO 8601, UTC, with milliseconds.
 * @format date-time
 * @pattern ^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$
 */
export type Time = string;

/**
 * The info-hash of a torrent: 40 hexadecimal digits.
 * @pattern ^[0-9a-f]{40}$
 */
export type InfoHash = string;

/**
 * Bytes in hexadecimal digits.
 * @pattern ^([0-9a-f]{2})*$
 */
export type Hex = string;

/**
 * Bytes.
 * @integer
 * @minimum 0
 */
export type Bytes = number;

/**
 * Bytes a second, over the last seconds.
 * @minimum 0
 */
export type Rate = number;

/**
 * Seconds, with a fraction.
 * @minimum 0
 */
export type Seconds = number;

/**
 * A whole number of things.
 * @integer
 * @minimum 0
 */
export type Count = number;

/**
 * The number of something, from 0.
 * @integer
 * @minimum 0
 */
export type Index = number;

/**
 * A port, TCP or UDP.
 * @integer
 * @minimum 0
 * @maximum 65535
 */
export type Port = number;

/** The source that named an address. */
export type Source = 'tracker' | 'dht' | 'pex' | 'lsd' | 'incoming' | 'manual' | 'web-seed';

/** The address of a peer. */
export interface Address {
  /** An IPv4 or IPv6 address; a name only if the user gave one. */
  readonly host: string;
  readonly port: Port;
  readonly source: Source;
}

/** The keys of every object. */
export interface Dated {
  readonly time: Time;
}

/** The keys of objects that concern one torrent. */
export interface OfTorrent extends Dated {
  readonly torrent: InfoHash;
}

/** The keys of objects that concern a torrent, or the whole command: then `torrent` is absent. */
export interface OfAny extends Dated {
  readonly torrent?: InfoHash;
}
