import type { Observable } from 'rxjs';

/** Where an address came from; it stays with the address everywhere. */
export type PeerSource = 'tracker' | 'dht' | 'pex' | 'lsd' | 'incoming' | 'manual';

/** A place where a peer may listen. `host` is an IPv4 or IPv6 literal or, from people only, a name. */
export interface PeerAddress {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly source: PeerSource;
  /** They called us: here is the wire, nothing is to be dialled. */
  readonly wire$?: Observable<Wire>;
}

/** An open connection. Subscribing to what made it dialled; unsubscribing hangs up. */
export interface Wire {
  readonly address: PeerAddress;
  /** Chunks are lent: valid until `next` returns. Completes when they hang up; errors with a `NetworkError`. */
  readonly bytes$: Observable<Uint8Array>;
  /** Takes `bytes` over. False when the buffer towards them is full: wait for `drained$`. */
  write(bytes: Uint8Array): boolean;
  /** Memory of `size` bytes, of any content, for what is written next; what is not written is lost to it. */
  readonly room?: ((size: number) => Uint8Array) | undefined;
  readonly drained$: Observable<void>;
}

/**
 * Emits one wire and completes when it closes. Errors with a `NetworkError` (`refused`, `unreachable`, `unknown-host`,
 * `timeout`, `reset`, `no-room`), which `handshake` makes a `PeerError`.
 */
export type Connect = (address: PeerAddress) => Observable<Wire>;

export interface ListenOptions {
  /** The first that is free is taken; 0 is any free one. */
  readonly ports: readonly number[];
  /** An address of this machine; all of them if not given. */
  readonly host?: string;
}

/** A port where peers can call us. Unsubscribing from what made it closes it; who has called by then stays. */
export interface Listening {
  readonly port: number;
  /** Hot: who calls, with `wire$`. Who is not answered while `next` runs, by subscribing to that, is hung up on. */
  readonly calls$: Observable<PeerAddress>;
}

export interface HttpRequest {
  readonly url: string;
  /** Bytes of body accepted, after decompression. */
  readonly maxBytes: number;
  /** Milliseconds for the whole exchange. */
  readonly timeout: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the path must begin with if the host turns out to be this machine. */
  readonly loopbackPath?: string;
  /** The URL comes from a stranger: a host that claims to be far away must not turn out to be near. */
  readonly stranger?: boolean;
  /** By IPv4 or IPv6 only: `unreachable` where the host has no address of that kind. Either if not given. */
  readonly family?: 4 | 6;
  /**
   * Where the host of `url` is, if somebody has just looked that up; looked up if not given. They are judged as those
   * that are found are.
   */
  readonly addresses?: readonly string[];
  /**
   * Is the connection kept for the next request to the same host? Undefined for one of its own, which is closed with
   * the answer.
   */
  readonly keep?: boolean;
  /**
   * A redirect to a magnet link is an answer: then `url` is the link, and `body` is empty. Otherwise it is an error, as
   * that to any other scheme.
   */
  readonly links?: boolean;
}

export interface HttpReply {
  readonly status: number;
  readonly body: Uint8Array;
  /** After redirects. */
  readonly url: string;
}

/** Where a datagram comes from or goes to: an address literal and a port. */
export interface UdpEndpoint {
  readonly host: string;
  readonly port: number;
}

export interface Datagram {
  /** Lent: valid until `next` returns. */
  readonly bytes: Uint8Array;
  readonly from: UdpEndpoint;
}

/** What the system has said of a datagram that did not get there: no way leads there, or nobody listens. */
export interface Undelivered {
  readonly to: UdpEndpoint;
  /** In words for the user. */
  readonly why: string;
}

/** A bound UDP socket. Unsubscribing from what made it closes it. */
export interface UdpSocket {
  readonly port: number;
  /** Hot. Errors of single sends never end it. */
  readonly datagrams$: Observable<Datagram>;
  /**
   * Hot. Anybody on the way may claim that a datagram was refused: it ends a wait, and proves nothing of whom it names.
   */
  readonly undelivered$: Observable<Undelivered>;
  /** Of a multicast group. Hot: emits when it is heard on one more interface, where nobody has heard of us. */
  readonly moved$?: Observable<void>;
  /** Takes `bytes` over; like the network, it may lose them without a word. */
  send(bytes: Uint8Array, to: UdpEndpoint): void;
}

export interface UdpOptions {
  /** Any free port if not given or taken. */
  readonly port?: number;
  readonly family: 4 | 6;
  /**
   * A group to join on each interface, and so to hear what others send to it; `port` is then shared with others. What
   * is sent to it is sent on each.
   */
  readonly multicast?: string;
  /** The only one that is spoken with: then the system also tells when nobody listens there. */
  readonly to?: UdpEndpoint;
}
