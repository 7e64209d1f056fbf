import { addressText } from '../protocol/encoding/address.ts';
import type { Call } from './tappedEnv.ts';
import { type Channel, subject, type Values } from './values.ts';

const NOTHING = new Uint8Array();

/**
 * Makes a recording that may be shown to others: hosts are numbered, 10.0.0.1 for the first one, and whatever may name
 * hosts or files of the user is left out. Invariant: the same host always has the same name.
 */
export class Mask {
  readonly #hosts = new Map<string, string>();

  /** Another address for each host; no two have the same. */
  host(host: string): string {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const nth = this.#hosts.size + 1;
    const masked = `10.${(nth >> 16) & 0xff}.${(nth >> 8) & 0xff}.${nth & 0xff}`;
    this.#hosts.set(host, masked);
    return masked;
  }

  check(): void {
    if (new Set(this.#hosts.values()).size < this.#hosts.size) throw new Error('two hosts have one name');
  }

  subject(call: Call): string {
    switch (call.what) {
      case 'connect':
      case 'wire': {
        const { host, port, source } = call.address;
        return `${addressText({ host: this.host(host), port })} ${source}`;
      }
      case 'http':
      case 'answer':
      case 'resolve':
      case 'listen':
      case 'storage':
        return '';
      case 'udp':
        return `IPv${call.options.family}`;
      default:
        return subject(call);
    }
  }

  /** Of an error: only which one it is. */
  error(error: unknown): unknown {
    const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
    return Object.assign(new Error(typeof code === 'string' ? code : ''), { name: String(name), code });
  }

  value(channel: Channel, value: Values[Channel]): Values[Channel] {
    switch (channel) {
      case 'calls':
      case 'datagrams':
      case 'undelivered': {
        const { host, ...more } = value as Values['calls'];
        return { ...more, host: this.host(host), ...left(channel) };
      }
      case 'http':
        return { ...(value as Values['http']), url: '', body: NOTHING };
      case 'answer':
        return { ...(value as Values['answer']), url: '' };
      case 'resolve':
      case 'others':
        return [];
      case 'storage': {
        const { paths, ...more } = value as Values['storage'];
        return { ...more, place: '', boot: '', paths: paths.map(() => '') };
      }
      case 'load':
      case 'input':
        return undefined;
      default:
        return value;
    }
  }
}

const left = (channel: Channel): object =>
  channel === 'datagrams' ? { bytes: NOTHING } : channel === 'undelivered' ? { why: '' } : {};
