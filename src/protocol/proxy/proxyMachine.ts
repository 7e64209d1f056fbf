import { Malformed } from '../encoding/malformed.ts';
import { RxTorrentError } from '../encoding/rxTorrentError.ts';

/** What we want of a proxy: a connection to a host, a name or an address, or datagrams relayed. */
export interface ProxyWish {
  readonly what: 'connect' | 'udp';
  readonly host: string;
  readonly port: number;
}

/** What follows from a chunk. */
export interface ProxyHeard {
  /** To be sent now. */
  readonly send?: Uint8Array;
  /** The proxy has done what we wished: what came after its words, lent as the chunk was. */
  readonly rest?: Uint8Array;
}

/** Our side of what is said with a proxy first: bytes in, bytes out, without a socket and without time. */
export interface ProxyMachine {
  /** What is sent first. */
  readonly greeting: Uint8Array;
  /** @throws Malformed, ProxyRefused */
  receive(chunk: Uint8Array): ProxyHeard;
  /** Where the proxy relays datagrams, or whence it made the connection, if it has said so. */
  readonly bound: { readonly host: string; readonly port: number } | undefined;
}

export type ProxyCode = 'denied' | 'refused' | 'unreachable' | 'timeout' | 'unsupported';

/** The proxy will not, or could not; whose fault that is follows from the code. */
export class ProxyRefused extends RxTorrentError<ProxyCode> {
  override readonly name = 'ProxyRefused';
}

/** Bytes of the proxy's words that have come and are not read yet. */
export class ProxyBytes {
  #bytes: Uint8Array = new Uint8Array();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  push(chunk: Uint8Array): Uint8Array {
    const all = new Uint8Array(this.#bytes.length + chunk.length);
    all.set(this.#bytes);
    all.set(chunk, this.#bytes.length);
    this.#bytes = all;
    return all;
  }

  get all(): Uint8Array {
    return this.#bytes;
  }

  /** Forgets what was read. */
  drop(length: number): void {
    this.#bytes = this.#bytes.subarray(length);
  }

  /** More is to come. @throws Malformed if that is more than any proxy has to say. */
  wait(): ProxyHeard {
    if (this.#bytes.length > this.#most)
      throw new Malformed('proxy', `at most ${this.#most} bytes`, this.#bytes.length);
    return {};
  }
}
