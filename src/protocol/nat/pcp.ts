import { formatIp, parseIp } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { MapAsk, Transport } from './natPmp.ts';

const VERSION = 2;
const MAP = 1;
const REPLY = 0x80;
const HEADER = 24;
export const NONCE = 12;
const SIZE = HEADER + 36;
const PROTOCOLS: Readonly<Record<Transport, number>> = { tcp: 6, udp: 17 };
const WHY: Readonly<Record<number, string>> = {
  1: 'it does not know this version',
  2: 'it does not allow it',
  4: 'it does not do this',
  8: 'it has no room for more',
  11: 'the port is taken',
  12: 'another router is between us',
};

/** What a router says. */
export type PcpReply =
  | {
      readonly type: 'mapped';
      readonly nonce: Uint8Array;
      readonly port: number;
      readonly external: number;
      readonly host: string;
      readonly lifetime: number;
    }
  | { readonly type: 'refused'; readonly why: string };

/** An address as 16 bytes; IPv4 is mapped into IPv6. */
const sixteen = (host: string): Uint8Array => {
  const ip = parseIp(host) ?? new Uint8Array(16);
  return ip.length === 16 ? ip : Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, ...ip);
};

/** Asks a router to pass a port on to us (RFC 6887, MAP); `client` is our address as the router sees it. */
export const encodePcpAsk = ({ transport, port, lifetime }: MapAsk, client: string, nonce: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set([VERSION, MAP]);
  view.setUint32(4, lifetime);
  bytes.set(sixteen(client), 8);
  bytes.set(nonce.subarray(0, NONCE), HEADER);
  bytes[HEADER + NONCE] = PROTOCOLS[transport];
  view.setUint16(HEADER + 16, port);
  view.setUint16(HEADER + 18, lifetime === 0 ? 0 : port);
  bytes.set(sixteen(client.includes(':') ? '::' : '0.0.0.0'), HEADER + 20);
  return bytes;
};

/** @throws Malformed */
export const decodePcp = (bytes: Uint8Array): PcpReply => {
  const [version, opcode, , result = 0] = bytes;
  // A router that knows only NAT-PMP says so in its own version.
  if (version === 0 && bytes.length >= 8) return { type: 'refused', why: 'it knows NAT-PMP only' };
  if (bytes.length < HEADER || version !== VERSION)
    throw new Malformed('PCP', 'a reply of version 2', version ?? 'nothing');
  if (result !== 0) return { type: 'refused', why: WHY[result] ?? `it says ${result}` };
  if (opcode !== (MAP | REPLY) || bytes.length < SIZE) throw new Malformed('PCP', 'a reply to MAP', opcode ?? 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    type: 'mapped',
    nonce: new Uint8Array(bytes.subarray(HEADER, HEADER + NONCE)),
    port: view.getUint16(HEADER + 16),
    external: view.getUint16(HEADER + 18),
    host: formatIp(bytes.subarray(HEADER + 20, SIZE)),
    lifetime: view.getUint32(4),
  };
};
