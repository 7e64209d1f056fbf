import { Malformed } from '../encoding/malformed.ts';
import { decodeSocksAddress, encodeSocksAddress } from './socksAddress.ts';

/** Two reserved bytes, and the number of the fragment. */
const HEAD = 3;

/** A datagram for a host, a name or an address, as a SOCKS5 proxy is given it to relay. */
export const encodeSocksDatagram = (bytes: Uint8Array, host: string, port: number): Uint8Array => {
  const address = encodeSocksAddress(host, port);
  const whole = new Uint8Array(HEAD + address.length + bytes.length);
  whole.set(address, HEAD);
  whole.set(bytes, HEAD + address.length);
  return whole;
};

export interface SocksDatagram {
  readonly host: string;
  readonly port: number;
  /** A part of what was given. */
  readonly bytes: Uint8Array;
}

/** A datagram that has been relayed to us; undefined for a fragment, which nobody sends. @throws Malformed */
export const decodeSocksDatagram = (bytes: Uint8Array): SocksDatagram | undefined => {
  if (bytes[2] !== 0 && bytes.length > HEAD) return undefined;
  const address = decodeSocksAddress(bytes, HEAD);
  if (address === undefined) throw new Malformed('relayed datagram', 'an address', `${bytes.length} bytes`);
  return { host: address.host, port: address.port, bytes: bytes.subarray(HEAD + address.length) };
};
