import { formatIp } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';

export type Transport = 'tcp' | 'udp';

/** A port of ours that is to be reached from outside. */
export interface MapAsk {
  readonly transport: Transport;
  readonly port: number;
  /** Seconds; 0 takes the mapping back. */
  readonly lifetime: number;
}

/** Where routers listen for NAT-PMP and PCP. */
export const NAT_PORT = 5351;
const VERSION = 0;
const EXTERNAL = 0;
const OPCODES: Readonly<Record<Transport, number>> = { udp: 1, tcp: 2 };
const REPLY = 128;
const WHY: Readonly<Record<number, string>> = {
  1: 'it does not know this version',
  2: 'it does not allow it',
  3: 'it has no address outside now',
  4: 'it has no room for more',
  5: 'it does not do this',
};

/** What a router says. */
export type NatPmpReply =
  | { readonly type: 'external'; readonly host: string }
  | {
      readonly type: 'mapped';
      readonly transport: Transport;
      readonly port: number;
      readonly external: number;
      readonly lifetime: number;
    }
  | { readonly type: 'refused'; readonly why: string };

/** Asks a router for its address outside (RFC 6886). */
export const encodeExternalAsk = (): Uint8Array => Uint8Array.of(VERSION, EXTERNAL);

/** Asks a router to pass a port on to us. */
export const encodeNatPmpAsk = ({ transport, port, lifetime }: MapAsk): Uint8Array => {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  bytes[1] = OPCODES[transport];
  view.setUint16(4, port);
  view.setUint16(6, lifetime === 0 ? 0 : port);
  view.setUint32(8, lifetime);
  return bytes;
};

/** @throws Malformed */
export const decodeNatPmp = (bytes: Uint8Array): NatPmpReply => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8 || bytes[0] !== VERSION)
    throw new Malformed('NAT-PMP', 'a reply of version 0', bytes[0] ?? 'nothing');
  const result = view.getUint16(2);
  if (result !== 0) return { type: 'refused', why: WHY[result] ?? `it says ${result}` };
  const opcode = (bytes[1] ?? 0) - REPLY;
  if (opcode === EXTERNAL && bytes.length === 12) return { type: 'external', host: formatIp(bytes.subarray(8)) };
  const transport = opcode === OPCODES.tcp ? 'tcp' : opcode === OPCODES.udp ? 'udp' : undefined;
  if (transport === undefined || bytes.length !== 16) throw new Malformed('NAT-PMP', 'a known reply', opcode);
  return {
    type: 'mapped',
    transport,
    port: view.getUint16(8),
    external: view.getUint16(10),
    lifetime: view.getUint32(12),
  };
};
