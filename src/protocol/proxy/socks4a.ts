import { parseIp } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';
import { ProxyBytes, type ProxyHeard, type ProxyMachine, ProxyRefused, type ProxyWish } from './proxyMachine.ts';
import type { ProxyServer } from './proxyServer.ts';

const [VERSION, CONNECT, GRANTED] = [4, 1, 90];
const REPLY = 8;
const MAX_REPLY = 65_536;
/** Says that a name follows. */
const NAMED = [0, 0, 0, 1];

/** SOCKS4a: one question and one answer of eight bytes. It knows names, but no IPv6 addresses, passwords or UDP. */
export class Socks4a implements ProxyMachine {
  readonly greeting: Uint8Array;
  readonly bound = undefined;
  readonly #bytes = new ProxyBytes(MAX_REPLY);

  /** @throws ProxyRefused for what it can't be asked */
  constructor({ user = '' }: Pick<ProxyServer, 'user'>, { what, host, port }: ProxyWish) {
    const ip = parseIp(host);
    if (what === 'udp') throw new ProxyRefused('unsupported', 'SOCKS4a does not relay UDP');
    if (ip?.length === 16) throw new ProxyRefused('unsupported', 'SOCKS4a does not know IPv6 addresses');
    const text = (words: string): Uint8Array => new TextEncoder().encode(words);
    this.greeting = Uint8Array.of(
      ...[VERSION, CONNECT, port >> 8, port & 255],
      ...(ip ?? NAMED),
      ...text(user),
      0,
      ...(ip === undefined ? [...text(host), 0] : []),
    );
  }

  receive(chunk: Uint8Array): ProxyHeard {
    const bytes = this.#bytes.push(chunk);
    if (bytes.length < REPLY) return {};
    if (bytes[0] !== 0) throw new Malformed('proxy', 'SOCKS4', `version ${bytes[0] ?? 0}`);
    if (bytes[1] !== GRANTED) throw new ProxyRefused('unreachable', 'the proxy could not connect, or does not want to');
    return { rest: bytes.subarray(REPLY) };
  }
}
