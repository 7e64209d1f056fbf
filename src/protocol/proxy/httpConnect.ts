import { Malformed } from '../encoding/malformed.ts';
import { ProxyBytes, type ProxyHeard, type ProxyMachine, ProxyRefused, type ProxyWish } from './proxyMachine.ts';
import type { ProxyServer } from './proxyServer.ts';

/** Bytes of the head of an answer. */
const MAX_HEAD = 16_384;

const endOf = (bytes: Uint8Array): number => {
  for (let at = 3; at < bytes.length; at++)
    if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) return at + 1;
  return -1;
};

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** HTTP CONNECT (RFC 9110, 9.3.6), with basic authentication. It does not relay UDP. */
export class HttpConnect implements ProxyMachine {
  readonly greeting: Uint8Array;
  readonly bound = undefined;
  readonly #bytes = new ProxyBytes(MAX_HEAD);

  /** @throws ProxyRefused for what it can't be asked */
  constructor({ user, password = '' }: Pick<ProxyServer, 'user' | 'password'>, { what, host, port }: ProxyWish) {
    if (what === 'udp') throw new ProxyRefused('unsupported', 'an HTTP proxy does not relay UDP');
    // Nobody may write lines of the request but us.
    if (!/^[\x21-\x7e]+$/.test(host)) throw new Malformed('host', 'printable ASCII', 'something else');
    const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const secret = user === undefined ? '' : `Proxy-Authorization: Basic ${base64(`${user}:${password}`)}\r\n`;
    this.greeting = new TextEncoder().encode(`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n${secret}\r\n`);
  }

  receive(chunk: Uint8Array): ProxyHeard {
    const bytes = this.#bytes.push(chunk);
    const end = endOf(bytes);
    if (end < 0 || end > MAX_HEAD) return this.#bytes.wait();
    const [, status] = /^HTTP\/1\.[01] (\d{3})\b/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 16))) ?? [];
    if (status === undefined) throw new Malformed('proxy', 'an HTTP status', 'something else');
    if (status === '407')
      throw new ProxyRefused('denied', 'the proxy wants to know who we are: give it a user and a password');
    if (status === '403' || status === '405') throw new ProxyRefused('denied', 'the proxy does not allow it');
    if (status === '504') throw new ProxyRefused('timeout', 'no answer in time, says the proxy');
    if (!status.startsWith('2')) throw new ProxyRefused('unreachable', `the proxy could not connect (${status})`);
    return { rest: bytes.subarray(end) };
  }
}
