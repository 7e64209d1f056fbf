import { Malformed } from '../encoding/malformed.ts';
import {
  ProxyBytes,
  type ProxyCode,
  type ProxyHeard,
  type ProxyMachine,
  ProxyRefused,
  type ProxyWish,
} from './proxyMachine.ts';
import type { ProxyServer } from './proxyServer.ts';
import { decodeSocksAddress, encodeSocksAddress } from './socksAddress.ts';

const [VERSION, AUTH_VERSION] = [5, 1];
const [NO_SECRET, SECRET] = [0, 2];
const COMMANDS = { connect: 1, udp: 3 } as const;
/** A reply with the longest name, and a chunk of what follows. */
const MAX_REPLY = 65_536;

const REFUSALS: Readonly<Record<number, readonly [ProxyCode, string]>> = {
  2: ['denied', 'the proxy does not allow it'],
  3: ['unreachable', 'the proxy has no route there'],
  4: ['unreachable', 'the proxy can not reach the host'],
  5: ['refused', 'connection refused, says the proxy'],
  6: ['timeout', 'no answer in time, says the proxy'],
  7: ['unsupported', 'the proxy does not do this'],
  8: ['unsupported', 'the proxy does not know this kind of address'],
};

const secretOf = ({ user = '', password = '' }: Pick<ProxyServer, 'user' | 'password'>): Uint8Array => {
  const [name, word] = [user, password].map((text) => new TextEncoder().encode(text));
  return Uint8Array.of(AUTH_VERSION, name?.length ?? 0, ...(name ?? []), word?.length ?? 0, ...(word ?? []));
};

/**
 * SOCKS5 (RFC 1928), with a user name and a password if the proxy wants them (RFC 1929).
 *
 * ```
 *   we     methods ------- secret ----- wish -------
 *   proxy  ------- method -------- yes ------- reply
 * ```
 */
export class Socks5 implements ProxyMachine {
  readonly greeting: Uint8Array;
  readonly #server: Pick<ProxyServer, 'user' | 'password'>;
  readonly #wish: ProxyWish;
  readonly #bytes = new ProxyBytes(MAX_REPLY);
  #waitsFor: 'method' | 'yes' | 'reply' = 'method';
  #bound: ProxyMachine['bound'];

  constructor(server: Pick<ProxyServer, 'user' | 'password'>, wish: ProxyWish) {
    this.#server = server;
    this.#wish = wish;
    this.greeting =
      server.user === undefined ? Uint8Array.of(VERSION, 1, NO_SECRET) : Uint8Array.of(VERSION, 2, NO_SECRET, SECRET);
  }

  get bound(): ProxyMachine['bound'] {
    return this.#bound;
  }

  receive(chunk: Uint8Array): ProxyHeard {
    const bytes = this.#bytes.push(chunk);
    if (this.#waitsFor === 'reply') return this.#replied(bytes);
    if (bytes.length < 2) return {};
    const [version, answer = 0] = bytes;
    this.#bytes.drop(2);
    return this.#waitsFor === 'method' ? this.#chosen(version, answer) : this.#admitted(answer);
  }

  #chosen(version: number | undefined, method: number): ProxyHeard {
    if (version !== VERSION) throw new Malformed('proxy', 'SOCKS5', `version ${version ?? 0}`);
    if (method === NO_SECRET) return this.#wished();
    if (method !== SECRET || this.#server.user === undefined)
      throw new ProxyRefused('denied', 'the proxy wants to know who we are: give it a user and a password');
    this.#waitsFor = 'yes';
    return { send: secretOf(this.#server) };
  }

  #admitted(answer: number): ProxyHeard {
    if (answer !== 0) throw new ProxyRefused('denied', 'the proxy does not know this user and password');
    return this.#wished();
  }

  #wished(): ProxyHeard {
    this.#waitsFor = 'reply';
    const { what, host, port } = this.#wish;
    return { send: Uint8Array.of(VERSION, COMMANDS[what], 0, ...encodeSocksAddress(host, port)) };
  }

  #replied(bytes: Uint8Array): ProxyHeard {
    if (bytes.length < 2) return {};
    const [version, code = 0] = bytes;
    if (version !== VERSION) throw new Malformed('proxy', 'SOCKS5', `version ${version ?? 0}`);
    if (code === 7 && this.#wish.what === 'udp') throw new ProxyRefused('unsupported', 'the proxy does not relay UDP');
    if (code !== 0) throw new ProxyRefused(...(REFUSALS[code] ?? ['unreachable', 'the proxy could not connect']));
    const bound = decodeSocksAddress(bytes, 3);
    if (bound === undefined) return this.#bytes.wait();
    this.#bound = { host: bound.host, port: bound.port };
    return { rest: bytes.subarray(3 + bound.length) };
  }
}
